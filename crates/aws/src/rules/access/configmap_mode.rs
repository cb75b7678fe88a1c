use eksray_rule::{Gap, Judgement, Part, Reason, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(2)],
    cis: &["4.1.7", "5.5.1"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    match described.authentication_mode.as_deref() {
        Some("CONFIG_MAP") => {
            let mut facts = vec!["accessConfig.authenticationMode = CONFIG_MAP".to_owned()];
            if let Some(admin) = described.bootstrap_creator_admin {
                let field = "accessConfig.bootstrapClusterCreatorAdminPermissions";
                facts.push(format!("{field} = {admin}"));
            }
            Ok(Judgement::of(facts))
        }
        Some("API" | "API_AND_CONFIG_MAP") => Ok(Judgement::pass()),
        mode => {
            let detail = match mode {
                None => "accessConfig.authenticationMode is absent".to_owned(),
                Some(mode) => format!("accessConfig.authenticationMode = {mode} is not known"),
            };
            let call = "eks:DescribeCluster".to_owned();
            Err(Gap { call, reason: Reason::Malformed, detail })
        }
    }
}
