//! From AWS principals to the clusters that they may log in to.

use eksray_rule::{Parts, Subject};

use super::{Edges, LEAKED_CREDENTIAL};
use crate::world::World;

/// A stolen identity used over the public endpoint, and over a private one.
const PUBLIC: u32 = 5;
const PRIVATE: u32 = 15;

/// Adds administrators by access entry or `aws-auth`, as far as the grants are open or accepted.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    let rule = "access-cluster-admin-grant";
    let grants: Vec<Subject> = world.patterns(rule).map(|it| it.subject.clone()).collect();
    for grant in grants {
        let Parts::Grant { cluster, principal } = grant.parts() else { continue };
        let Some(view) = world.clusters.iter().find(|it| it.id.0 == cluster) else { continue };
        let Some(needs) = world.pattern(rule, &grant) else { continue };
        let (principal, cluster) = (Subject::aws(principal), Subject::cluster(&view.id));
        edges.source(principal.clone(), LEAKED_CREDENTIAL);
        let why = "administrator by access grant";
        for endpoint in ["eks-endpoint-open-to-internet", "eks-endpoint-public"] {
            if let Some(open) = world.pattern(endpoint, &cluster) {
                let both = needs.union(&open).cloned().collect();
                let why = format!("{why}, over the public endpoint");
                edges.step(&principal, &cluster, PUBLIC, &why, both);
            }
        }
        edges.step(&principal, &cluster, PRIVATE, why, needs);
    }
}
