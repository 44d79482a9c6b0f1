//! The groups that devices keep: those with the smallest priorities, as many as the bound says.

use std::{cmp::Ordering, collections::BTreeMap};

use super::groups::Groups;

/// A group that a device may keep.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choice {
    /// Its keyed hash of device and group.
    pub(super) priority: u64,
    pub(super) group: u32,
    /// Reports of the device in it.
    pub(super) count: u32,
}

/// Most groups of a device that are kept in a sorted list: with more, moving them aside would cost more than a tree.
const LIST_MAX: usize = 16;

/// Choices of devices, by the devices' numbers.
#[derive(Debug)]
pub(super) struct Kept {
    groups_max: usize,
    choices: Choices,
}

#[derive(Debug)]
enum Choices {
    Lists(Lists),
    Trees(Vec<BTreeMap<(u64, u32), u32>>),
}

/// Choices of each device side by side, sorted by priority, with room for as many as the bound says.
#[derive(Debug, Default)]
struct Lists {
    places: Vec<Choice>,
    lengths: Vec<u8>,
}

impl Kept {
    /// No devices; each will keep at most so many groups.
    pub(super) const fn new(groups_max: usize) -> Self {
        let choices = if groups_max <= LIST_MAX {
            Choices::Lists(Lists { places: Vec::new(), lengths: Vec::new() })
        } else {
            Choices::Trees(Vec::new())
        };
        Self { groups_max, choices }
    }

    /// Forgets all devices.
    pub(super) fn clear(&mut self) {
        match &mut self.choices {
            Choices::Lists(lists) => {
                lists.places.clear();
                lists.lengths.clear();
            }
            Choices::Trees(trees) => trees.clear(),
        }
    }

    /// Takes in the next device, which keeps nothing.
    pub(super) fn add_device(&mut self) {
        match &mut self.choices {
            Choices::Lists(lists) => {
                lists.places.resize(lists.places.len() + self.groups_max, Choice::default());
                lists.lengths.push(0);
            }
            Choices::Trees(trees) => trees.push(BTreeMap::new()),
        }
    }

    /// Takes a choice of a device in, or adds to the one of the same group; says which priority is the last once as many
    /// groups as may be are kept. Equal priorities are ordered by key.
    #[inline]
    pub(super) fn offer(&mut self, device: usize, choice: Choice, groups: &Groups) -> Option<u64> {
        match &mut self.choices {
            Choices::Lists(lists) => lists.offer(device, choice, self.groups_max, groups),
            Choices::Trees(trees) => offer_to_tree(&mut trees[device], choice, self.groups_max, groups),
        }
    }

    /// Whether a device keeps a group.
    pub(super) fn holds(&self, device: usize, priority: u64, group: u32) -> bool {
        match &self.choices {
            Choices::Lists(lists) => lists.of(device, self.groups_max).iter().any(|choice| choice.group == group),
            Choices::Trees(trees) => trees[device].contains_key(&(priority, group)),
        }
    }

    /// Calls `each` with every choice of every device.
    pub(super) fn each(&self, mut each: impl FnMut(Choice)) {
        match &self.choices {
            Choices::Lists(lists) => {
                (0..lists.lengths.len())
                    .flat_map(|device| lists.of(device, self.groups_max))
                    .for_each(|choice| each(*choice));
            }
            Choices::Trees(trees) => {
                trees.iter().flatten().for_each(|(&(priority, group), &count)| each(Choice { priority, group, count }));
            }
        }
    }
}

impl Lists {
    fn of(&self, device: usize, groups_max: usize) -> &[Choice] {
        &self.places[device * groups_max..][..usize::from(self.lengths[device])]
    }

    #[inline]
    fn offer(&mut self, device: usize, choice: Choice, groups_max: usize, groups: &Groups) -> Option<u64> {
        let list = &mut self.places[device * groups_max..][..groups_max];
        let length = usize::from(self.lengths[device]);
        // From the end: what is on offer comes behind most of what is kept.
        let mut place = length;
        while place > 0 && list[place - 1].priority >= choice.priority {
            place -= 1;
            let other = &mut list[place];
            if other.group == choice.group {
                other.count += choice.count;
                return None;
            }
            if other.priority == choice.priority && order(groups, *other, choice).is_lt() {
                place += 1;
                break;
            }
        }
        if place == groups_max {
            return None;
        }
        let length = groups_max.min(length + 1);
        self.lengths[device] = u8::try_from(length).unwrap_or(u8::MAX);
        let list = &mut list[..length];
        // One by one: for so few, a call that moves them costs more.
        for behind in (place + 1..length).rev() {
            list[behind] = list[behind - 1];
        }
        list[place] = choice;
        (length == groups_max).then(|| list[length - 1].priority)
    }
}

fn offer_to_tree(
    tree: &mut BTreeMap<(u64, u32), u32>,
    choice: Choice,
    groups_max: usize,
    groups: &Groups,
) -> Option<u64> {
    *tree.entry((choice.priority, choice.group)).or_default() += choice.count;
    if tree.len() > groups_max {
        let last = tree.last_key_value().map_or(0, |((priority, _), _)| *priority);
        let equals = tree.range((last, 0)..).map(|(&(priority, group), &count)| Choice { priority, group, count });
        if let Some(last) = equals.max_by(|a, b| order(groups, *a, *b)) {
            tree.remove(&(last.priority, last.group));
        }
    }
    let last = tree.last_key_value().map(|((priority, _), _)| *priority);
    last.filter(|_| tree.len() >= groups_max)
}

/// The order of a device's groups.
fn order(groups: &Groups, a: Choice, b: Choice) -> Ordering {
    a.priority.cmp(&b.priority).then_with(|| groups.parts(a.group).cmp(groups.parts(b.group)))
}

#[cfg(test)]
mod tests;
