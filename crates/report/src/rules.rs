// Generated from the files in rules/. Run scripts/sync after adding one.

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
];
