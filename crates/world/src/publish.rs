//! Brings what the regions hand on to the aggregator and publishes every window of every query.

use std::collections::BTreeSet;

use model::{Partial, QueryId, Release, Window};

use crate::{PlayError, servers::Servers, setting::Setting};

/// Publishes all windows, in order of time and of queries in the file, each as often as the vendor's conduct is.
///
/// # Errors
/// If the aggregator refuses a contribution or a release.
pub(crate) fn publish(
    setting: &Setting<'_>,
    servers: &Servers,
    partials: Vec<Partial>,
) -> Result<Vec<Release>, PlayError> {
    let mut due: BTreeSet<(Window, usize, QueryId)> = BTreeSet::new();
    for partial in partials {
        let place = setting.script.queries.iter().position(|query| query.id == partial.query);
        due.insert((partial.window, place.unwrap_or(usize::MAX), partial.query.clone()));
        servers.contribute(partial)?;
    }
    let often = |query: &QueryId| setting.script.conduct.get(query).map_or(1, |conduct| conduct.publications.get());
    let published = due.iter().flat_map(|due| (0..often(&due.2)).map(move |_| due));
    published.map(|(window, _, query)| servers.release(query, *window)).collect()
}
