//! Subjects of IAM.

use eksray_rule::{Entry, Outcome, Verdict};

use super::{AccountContext, Check};
use crate::inventory::iam::{OidcProvider, Role};

pub(super) fn reachable(
    _: &Entry<Check>,
    _: &AccountContext<'_>,
    _: fn(&Role, &AccountContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn of_nodes(
    _: &Entry<Check>,
    _: &AccountContext<'_>,
    _: fn(&Role, &AccountContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn by_issuer(
    _: &Entry<Check>,
    _: &AccountContext<'_>,
    _: fn(&Role, &OidcProvider, &AccountContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn providers(
    _: &Entry<Check>,
    _: &AccountContext<'_>,
    _: fn(&OidcProvider, &AccountContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
