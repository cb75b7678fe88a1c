// Generated from the files in rules/. Run scripts/sync after adding one.

mod container {
    pub(super) mod privileged;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry {
        id: "container-privileged",
        page: include_str!("rules/container/privileged.md"),
        rule: container::privileged::RULE,
    },
];
