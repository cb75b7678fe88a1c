use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{
    Check, Context, Rule,
    facts::first_five,
    image::{repository, tag},
    inventory::{pod::container::Container, workload::Workload},
    managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let judged = each(workload, |_, it| {
        let form = match tag(&it.image) {
            _ if it.image.is_empty() || is_pinned(it) => return Seen::Fine,
            None => "no tag",
            Some("latest") => "tag latest",
            Some(_) => return Seen::Fine,
        };
        // The API server's own default for these two forms.
        let policy = match it.image_pull_policy.as_str() {
            "" => "Always",
            set => set,
        };
        let fact = format!("container {} has image {}: {form}, pulled {policy}", it.name, it.image);
        Seen::bad(fact, Setting::MutableImage(repository(&it.image)))
    })?;
    Ok(match judged {
        Judgement::Pass { .. } => Judgement::Pass { facts: first_five(tagged(workload)) },
        judged => judged,
    })
}

/// A digest names one content, whatever tag stands before it.
fn is_pinned(container: &Container) -> bool {
    container.image.contains('@')
}

fn tagged(workload: &Workload) -> impl Iterator<Item = String> {
    let by_tag = workload.containers().map(|(_, it)| it).filter(|it| !is_pinned(it));
    by_tag
        .filter(|it| !it.image.is_empty())
        .map(|it| format!("container {} has image {} without a digest", it.name, it.image))
}
