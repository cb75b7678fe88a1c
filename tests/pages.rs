//! Runs every rule against the examples on its own page.
//!
//! A page is prose, YAML and verdicts. The YAML above a `verdict` block becomes a snapshot, the rule runs,
//! and the block must say what it saw. `scripts/sync` rewrites the blocks, but cannot bless nonsense: what
//! stands under "Flagged" must be flagged, under "Accepted" neither flagged nor unknown, under "Not read" unknown.

use std::{fmt::Write as _, fs, path::Path};

use eksray_kube::decode::from_manifests;
use eksray_report::Configuration;
use eksray_rule::{Fetched, Gap, Judgement, Outcome, Reason, Settings};
use expect_test::expect_file;
use tests::example::{first_cluster, snapshot};

datatest_stable::harness! {
    { test = page, root = "../crates", pattern = r"/src/rules/[a-z_]+/[a-z0-9_]+\.md$" },
}

fn page(path: &Path) -> datatest_stable::Result<()> {
    let text = fs::read_to_string(path)?;
    let rerun = rerun(&id(path)?, &text)?;
    expect_file![fs::canonicalize(path)?].assert_eq(&rerun);
    Ok(())
}

fn id(path: &Path) -> Result<String, String> {
    let name = |it: &Path| it.file_stem()?.to_str().map(|it| it.replace('_', "-"));
    let family = path.parent().and_then(name);
    let (Some(family), Some(rule)) = (family, name(path)) else {
        return Err(format!("{} is no page of a rule", path.display()));
    };
    Ok(format!("{family}-{rule}"))
}

/// The page again, with every `verdict` block written afresh.
fn rerun(rule: &str, page: &str) -> datatest_stable::Result<String> {
    let mut out = String::new();
    let (mut aws, mut kube, mut unread) = (String::new(), String::new(), String::new());
    let mut settings = String::new();
    let (mut block, mut section) = (None, "");
    for line in page.lines() {
        match (block, line) {
            (None, "```yaml aws") => block = Some("aws"),
            (None, "```yaml kube") => block = Some("kube"),
            (None, "```unread kube") => block = Some("unread"),
            (None, "```yaml settings") => block = Some("settings"),
            (None, "```verdict") => block = Some("verdict"),
            (None, _) if line.starts_with("```") && line.len() > 3 => block = Some("prose"),
            (None, _) if line.starts_with("## ") => section = line,
            (Some("verdict"), "```") => {
                let outcomes = run(rule, &aws, &kube, &unread, &settings)?;
                check_section(section, &outcomes);
                for outcome in &outcomes {
                    write_outcome(&mut out, outcome)?;
                }
                (aws, kube, unread) = (String::new(), String::new(), String::new());
                settings.clear();
                block = None;
            }
            (Some("verdict"), _) => continue,
            (Some(_), "```") => block = None,
            (Some("aws"), _) => writeln!(aws, "{line}")?,
            (Some("kube"), _) => writeln!(kube, "{line}")?,
            (Some("unread"), _) => writeln!(unread, "{line}")?,
            (Some("settings"), _) => writeln!(settings, "{line}")?,
            _ => (),
        }
        writeln!(out, "{line}")?;
    }
    Ok(out)
}

/// A page's cluster, where it has manifests: the first that its AWS block names, else `example`.
fn run(
    rule: &str,
    aws: &str,
    kube: &str,
    unread: &str,
    settings: &str,
) -> datatest_stable::Result<Vec<Outcome>> {
    let mut snapshot = snapshot(aws, "")?;
    if !kube.is_empty() || !unread.is_empty() {
        let mut value = serde_json::to_value(from_manifests(kube)?)?;
        for line in unread.lines() {
            let gap = Gap { call: line.to_owned(), reason: Reason::Denied, detail: String::new() };
            take_away(&mut value, line, &gap)?;
        }
        let cluster = first_cluster(&snapshot);
        snapshot.kubes.insert(cluster, Fetched::read(serde_json::from_value(value)?));
    }
    let settings: Settings = match settings {
        "" => Settings::default(),
        text => serde_saphyr::from_str(text)?,
    };
    let configuration = Configuration { settings, ..Configuration::default() };
    let outcomes = eksray_report::inspect(&snapshot, &configuration);
    Ok(outcomes.into_iter().filter(|it| it.rule.id == rule).collect())
}

/// Replaces what the denied call would have filled. Fields are named as the resources are.
fn take_away(kube: &mut serde_json::Value, call: &str, gap: &Gap) -> Result<(), String> {
    use eksray_kube::resource::Slot;
    let mut resources = eksray_kube::resource::ALL.iter().chain(eksray_kube::resource::OPT_IN);
    let resource = resources.find(|it| it.permission() == call);
    if resource.is_some_and(|it| matches!(it.slot, Slot::Pods | Slot::Controllers)) {
        kube["workloadGaps"] = serde_json::json!([gap]);
        kube["workloads"] = serde_json::json!([]);
        return Ok(());
    }
    let field = match resource {
        Some(resource) => {
            let slot = format!("{:?}", resource.slot);
            slot[..1].to_lowercase() + &slot[1..]
        }
        None => match call {
            "get /version" => "version".to_owned(),
            "get configmaps/aws-auth" => "awsAuth".to_owned(),
            "get configmaps/amazon-vpc-cni" => "vpcCni".to_owned(),
            "list network policy kinds" => "networkPolicyObjects".to_owned(),
            "list securitygrouppolicies.vpcresources.k8s.aws" => "securityGroupPolicies".to_owned(),
            "list karpenter" => "karpenter".to_owned(),
            "list external secrets" => "externalSecrets".to_owned(),
            "list policies" => "policyObjects".to_owned(),
            "list load balancing" => "loadBalancing".to_owned(),
            "list routes" => "routes".to_owned(),
            _ => return Err(format!("no call `{call}`")),
        },
    };
    kube[field] = serde_json::json!({ "unread": gap });
    Ok(())
}

fn check_section(section: &str, outcomes: &[Outcome]) {
    let flagged = outcomes.iter().any(|it| matches!(it.verdict, Ok(Judgement::Fail { .. })));
    let unknown = outcomes.iter().any(|it| it.verdict.is_err());
    match section {
        "## Flagged" => assert!(flagged, "nothing flagged; is the rule listed in rules.rs?"),
        "## Accepted" => assert!(
            !outcomes.is_empty() && !flagged && !unknown,
            "flagged, unknown or not judged under Accepted: {outcomes:#?}"
        ),
        "## Not read" => assert!(unknown, "a rule must not judge what was not read"),
        _ => panic!("verdict in unknown section {section:?}"),
    }
}

fn write_outcome(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let Outcome { rule, subject, verdict, .. } = outcome;
    let subject = subject.short();
    match verdict {
        Err(gap) => writeln!(out, "unknown  {subject} ({gap})"),
        Ok(Judgement::NotApplicable { why }) => writeln!(out, "n/a      {subject} ({why})"),
        Ok(Judgement::Pass { facts }) => {
            writeln!(out, "pass     {subject}")?;
            write_facts(out, facts)
        }
        Ok(Judgement::Accepted { facts, reason }) => {
            writeln!(out, "accepted {subject} ({reason})")?;
            write_facts(out, facts)
        }
        Ok(Judgement::Fail { facts, possible, not_considered }) => {
            let possible = if *possible { " (possible)" } else { "" };
            writeln!(out, "{:<8} {subject}{possible}", rule.severity)?;
            write_facts(out, facts)?;
            not_considered.iter().try_for_each(|it| writeln!(out, "         not considered: {it}"))
        }
    }
}

fn write_facts(out: &mut String, facts: &[String]) -> std::fmt::Result {
    facts.iter().try_for_each(|fact| writeln!(out, "         {fact}"))
}
