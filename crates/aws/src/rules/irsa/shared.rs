//! The cluster behind an OIDC provider.

use eksray_rule::{Fetched, Gap};

use crate::{
    AccountContext, iam::reach::issuers_of, inspect::items, inventory::iam::OidcProvider, issuers,
};

/// Whether a cluster has the issuer of a provider.
pub(super) enum Cluster<'a> {
    /// One that was read.
    Live,
    /// None of the clusters of this Region, all of which were read.
    Gone(&'a str),
    /// Nobody looked, and why.
    NotLookedAt(&'static str),
}

pub(super) fn behind<'a>(
    provider: &'a OidcProvider,
    context: &AccountContext<'_>,
) -> Result<Cluster<'a>, Gap> {
    let issuer = issuers::bare(&provider.url);
    if issuers_of(context).contains_key(issuer) {
        return Ok(Cluster::Live);
    }
    let Some(name) = issuers::eks_region(&provider.url) else {
        return Ok(Cluster::NotLookedAt("not an issuer of EKS"));
    };
    if is_trusted(issuer, context) {
        return Ok(Cluster::NotLookedAt("listed in trusted_issuers"));
    }
    let Some(region) = context.account.regions.get(name) else {
        return Ok(Cluster::NotLookedAt("its Region is out of scope"));
    };
    if context.narrowed {
        return Ok(Cluster::NotLookedAt("the scan is narrowed to named clusters"));
    }
    for cluster in region.clusters.known()? {
        cluster.described.known()?;
    }
    Ok(Cluster::Gone(name))
}

/// Whether an issuer was declared as one of a trusted cluster.
pub(super) fn is_trusted(issuer: &str, context: &AccountContext<'_>) -> bool {
    context.settings.trusted_issuers.iter().any(|it| issuers::bare(it) == issuer)
}

/// Why a provider could not be read; a role may trust that one, too.
pub(super) fn unread_provider(context: &AccountContext<'_>) -> Option<Gap> {
    items(&context.account.oidc_providers).iter().find_map(Fetched::gap).cloned()
}
