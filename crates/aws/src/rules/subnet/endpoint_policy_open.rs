use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared::{open_statements, service};
use crate::{Check, RegionContext, Rule, iam::Document, inventory::ec2::VpcEndpoint};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::VpcEndpoint(check),
};

/// Services that hold data or hand out credentials, with the prefix of their actions.
const JUDGED: [(&str, &str); 8] = [
    ("ecr.api", "ecr"),
    ("ecr.dkr", "ecr"),
    ("kms", "kms"),
    ("logs", "logs"),
    ("s3", "s3"),
    ("secretsmanager", "secretsmanager"),
    ("ssm", "ssm"),
    ("sts", "sts"),
];

fn check(endpoint: &VpcEndpoint, region: &RegionContext<'_>) -> Verdict {
    let service = service(endpoint, region);
    let Some((_, prefix)) = JUDGED.iter().find(|it| it.0 == service) else {
        return Ok(Judgement::not_applicable("no way for data or credentials"));
    };
    let Some(policy) = &endpoint.policy_document else {
        return Ok(Judgement::not_applicable("the service takes no policy"));
    };
    let document = Document::parse(&endpoint.vpc_endpoint_id, policy);
    let open = open_statements(&document, prefix).into_iter();
    let facts: Vec<String> = open
        .map(|it| format!("{} allows everything of {service} to everybody on *", it.name))
        .collect();
    match document.gap {
        Some(gap) if facts.is_empty() => {
            Err(Gap { call: "ec2:DescribeVpcEndpoints".to_owned(), ..gap })
        }
        _ => Ok(Judgement::of(facts)),
    }
}
