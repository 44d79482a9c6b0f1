//! Takes back what a report contributed, as far as a window still knows whose it was.

use model::Report;

use super::Accumulator;

impl Accumulator {
    /// Takes `report` back, which was pushed before, as if it had never come; `false` if nothing like it is counted, or if
    /// that cannot be done any more: columns came under bounds, and of those only what may count is here.
    ///
    /// Nothing is left of it in the partial that is sealed. The key of its group stays in memory until then.
    pub fn take_back(&mut self, report: &Report) -> bool {
        if self.sieved || !self.window.holds(report.time) {
            return false;
        }
        let Some(value) = self.plan.read(report.into(), &mut self.key) else { return false };
        if self.responses.is_some() {
            return self.take_response_back(report.into());
        }
        let Some(group) = self.groups.find(&self.key) else { return false };
        let device = report.device.as_ref().map(|device| self.sampling.device(device));
        if device.is_some_and(|device| !self.rows.remove(device, group, value)) {
            return false;
        }
        if device.is_none() || !self.plan.is_bounded() {
            if self.settled.of(group).0 == 0 {
                return false;
            }
            self.settled.take(group, 1, value.into());
        }
        self.reports -= 1;
        true
    }
}
