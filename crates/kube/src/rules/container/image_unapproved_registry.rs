use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{
    Check, Context, Rule,
    image::{is_under, repository},
    inventory::workload::Workload,
    managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Policy],
    cis: &["5.1.4"],
    check: Check::Workload(check),
};

/// Closed to new images since 2023; who still pulls there gets no fixes.
const RETIRED: &[&str] = &[
    "asia.k8s.gcr.io",
    "eu.k8s.gcr.io",
    "gcr.io/google-containers",
    "gcr.io/google_containers",
    "k8s.gcr.io",
    "us.k8s.gcr.io",
];

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let approved: Vec<String> = context.settings.registries.iter().map(|it| prefix(it)).collect();
    let judged = each(workload, |_, it| {
        let repository = repository(&it.image);
        let under = |it: &str| is_under(&repository, it);
        let (name, image) = (&it.name, &it.image);
        let why = match RETIRED.iter().find(|it| under(it)) {
            _ if image.is_empty() => return Seen::Fine,
            Some(retired) => format!("{retired} is retired"),
            None if approved.is_empty() || approved.iter().any(|it| under(it)) => {
                return Seen::Fine;
            }
            None => format!("{repository} is under none of `registries`"),
        };
        Seen::bad(format!("container {name} has image {image}: {why}"), Setting::Hardening)
    })?;
    Ok(match judged {
        Judgement::Pass { .. } if approved.is_empty() => {
            Judgement::not_applicable("no `registries` are configured")
        }
        judged => judged,
    })
}

/// As repositories are written here: without scheme and last slash, the host in lower case.
fn prefix(setting: &str) -> String {
    let plain = setting.trim().trim_start_matches("https://").trim_end_matches('/');
    plain.to_ascii_lowercase()
}
