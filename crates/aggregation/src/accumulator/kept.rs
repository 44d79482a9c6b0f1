//! The groups that one device keeps: those with the smallest priorities, as many as the bound says.

use std::{cmp::Ordering, collections::BTreeMap};

use super::groups::Groups;

/// A group that a device may keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// Its keyed hash of device and group.
    pub(super) priority: u64,
    pub(super) group: u32,
    /// Reports of the device in it.
    pub(super) count: u32,
}

/// Most choices in a sorted list: with more, moving them aside would cost more than a tree.
const LIST_MAX: usize = 64;

/// Choices sorted by priority.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Used alone until it is longer than [`LIST_MAX`].
    list: Vec<Choice>,
    tree: BTreeMap<(u64, u32), u32>,
}

impl Kept {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.tree.clear();
    }

    /// Takes a choice in, or adds to the one of the same group; says which priority is the last once `groups_max` groups
    /// are kept. Equal priorities are ordered by key.
    pub(super) fn offer(&mut self, choice: Choice, groups_max: usize, groups: &Groups) -> Option<u64> {
        if !self.tree.is_empty() {
            return self.offer_to_tree(choice, groups_max, groups);
        }
        // From the end: what is on offer comes behind most of what is kept.
        let mut place = self.list.len();
        while place > 0 && self.list[place - 1].priority >= choice.priority {
            place -= 1;
            let other = &mut self.list[place];
            if other.group == choice.group {
                other.count += choice.count;
                return None;
            }
            if other.priority == choice.priority && order(groups, *other, choice).is_lt() {
                place += 1;
                break;
            }
        }
        self.list.insert(place, choice);
        if self.list.len() > groups_max {
            self.list.pop();
        }
        if self.list.len() > LIST_MAX {
            self.tree = self.list.drain(..).map(|choice| ((choice.priority, choice.group), choice.count)).collect();
        }
        self.list.get(groups_max.wrapping_sub(1)).map(|last| last.priority)
    }

    fn offer_to_tree(&mut self, choice: Choice, groups_max: usize, groups: &Groups) -> Option<u64> {
        *self.tree.entry((choice.priority, choice.group)).or_default() += choice.count;
        if self.tree.len() > groups_max {
            let last = self.tree.last_key_value().map_or(0, |((priority, _), _)| *priority);
            let equals =
                self.tree.range((last, 0)..).map(|(&(priority, group), &count)| Choice { priority, group, count });
            if let Some(last) = equals.max_by(|a, b| order(groups, *a, *b)) {
                self.tree.remove(&(last.priority, last.group));
            }
        }
        let last = self.tree.last_key_value().map(|((priority, _), _)| *priority);
        last.filter(|_| self.tree.len() >= groups_max)
    }

    /// Whether a group is kept.
    pub(super) fn holds(&self, priority: u64, group: u32) -> bool {
        self.tree.contains_key(&(priority, group)) || self.list.iter().any(|choice| choice.group == group)
    }

    pub(super) fn each(&self, mut each: impl FnMut(Choice)) {
        self.list.iter().copied().for_each(&mut each);
        self.tree.iter().for_each(|(&(priority, group), &count)| each(Choice { priority, group, count }));
    }
}

/// The order of a device's groups.
fn order(groups: &Groups, a: Choice, b: Choice) -> Ordering {
    a.priority.cmp(&b.priority).then_with(|| groups.parts(a.group).cmp(groups.parts(b.group)))
}

#[cfg(test)]
mod tests;
