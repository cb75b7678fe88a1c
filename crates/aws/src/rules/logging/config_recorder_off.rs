use eksray_rule::{Judgement, Part, Reason, Severity, Verdict, any};

use super::shared::{idle, recorded_somewhere, records};
use crate::{Check, RegionContext, Rule, inventory::config::ConfigurationRecorder};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::Region(check),
};

/// What changes when somebody opens a cluster.
const REGIONAL: [&str; 2] = ["AWS::EC2::SecurityGroup", "AWS::EKS::Cluster"];

fn check(region: &RegionContext<'_>) -> Verdict {
    let recorders = match region.region.configuration_recorders.known() {
        Err(gap) if gap.reason == Reason::NotSupported => {
            return Ok(Judgement::not_applicable("AWS Config does not exist in this Region"));
        }
        answer => answer?,
    };
    let verdicts: Vec<Verdict> = recorders.iter().map(here).collect();
    let passed = verdicts.iter().any(|it| matches!(it, Ok(Judgement::Pass { .. })));
    let here = match verdicts.as_slice() {
        [] => Ok(Judgement::of(vec!["no configuration recorder".to_owned()])),
        _ if passed => Ok(Judgement::pass()),
        _ => any(verdicts),
    };
    any([here, recorded_somewhere(region, "AWS::IAM::Role")])
}

fn here(recorder: &ConfigurationRecorder) -> Verdict {
    let left_out = REGIONAL.iter().filter(|it| !records(recorder, it));
    let left_out =
        left_out.map(|it| format!("recorder {} leaves {it} out", recorder.name)).collect();
    any([
        Ok(Judgement::of(left_out)),
        idle(recorder).map(|it| Judgement::of(it.into_iter().collect())),
    ])
}
