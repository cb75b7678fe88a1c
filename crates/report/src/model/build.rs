//! From outcomes and the graph to a report.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Judgement, Outcome, Reason, Settings, Subject};
use sha2::{Digest, Sha256};

use super::{Coverage, Finding, Looked, PlanRow, Report, Status, UnknownGroup};
use crate::{
    Snapshot, checklist,
    graph::{Finding as Key, Graph},
    rank::{self, Ranking, Rated},
};

/// Puts a report together.
pub fn build(
    snapshot: &Snapshot,
    settings: &Settings,
    outcomes: &[Outcome],
    graph: &Graph,
    remarks: Vec<String>,
) -> Report {
    let rated: Vec<Rated> = outcomes.iter().filter_map(rate).collect();
    let ranking = rank::rank(graph, &rated);
    let mut findings: Vec<Finding> =
        outcomes.iter().filter_map(|it| finding(it, &ranking)).collect();
    let plan = plan(&ranking, &findings);
    for (at, row) in plan.iter().enumerate() {
        for it in &mut findings {
            if it.status == Status::Open && it.fix_key == row.fix_key {
                it.closed_by.get_or_insert(at + 1);
            }
        }
    }
    findings.sort_by_cached_key(order);
    let mut risks: Vec<_> = ranking.risks.into_iter().collect();
    risks.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    Report {
        tool_version: snapshot.tool_version.clone(),
        taken_at: snapshot.taken_at,
        scope: looked(snapshot),
        settings: settings.clone(),
        coverage: coverage(outcomes),
        unknowns: unknowns(outcomes),
        checklist: checklist::answer(outcomes),
        findings,
        plan,
        total_risk: ranking.total,
        risks,
        remarks,
    }
}

/// Chains describe paths; their links are what is fixed.
fn is_chain(rule: &str) -> bool {
    const CHAINS: [&str; 7] = [
        "path-internet-to-",
        "path-workload-to-",
        "path-escape-",
        "path-rbac-",
        "path-iam-",
        "path-exposed-",
        "path-pod-to-node-role",
    ];
    CHAINS.iter().any(|it| rule.starts_with(it))
}

fn rate(outcome: &Outcome) -> Option<Rated> {
    let Ok(Judgement::Fail { .. }) = outcome.verdict else { return None };
    Some(Rated {
        finding: Key { rule: outcome.rule.id, subject: outcome.subject.clone() },
        severity: outcome.rule.severity,
        fix_key: fix_key(outcome),
        chain: is_chain(outcome.rule.id),
    })
}

/// The object and field that an owner edits: by default the subject, and what the rule is about.
///
/// What a binding gives one subject is one edit, however many rules it fails.
fn fix_key(outcome: &Outcome) -> String {
    let about = if outcome.rule.id.starts_with("rbac-") { "rbac" } else { outcome.rule.id };
    format!("{}|{about}", outcome.subject)
}

fn finding(outcome: &Outcome, ranking: &Ranking) -> Option<Finding> {
    let (mut facts, mut possible, mut reason, mut gaps) =
        (Vec::new(), false, String::new(), Vec::new());
    let status = match &outcome.verdict {
        Err(gap) => {
            reason = gap.to_string();
            Status::Unknown
        }
        Ok(Judgement::Fail { facts: it, possible: maybe, not_considered }) => {
            facts.clone_from(it);
            possible = *maybe;
            gaps.clone_from(not_considered);
            Status::Open
        }
        Ok(Judgement::Accepted { facts: it, reason: why }) => {
            facts.clone_from(it);
            reason.clone_from(why);
            Status::Accepted
        }
        Ok(Judgement::Pass { .. } | Judgement::NotApplicable { .. }) => return None,
    };
    let key = Key { rule: outcome.rule.id, subject: outcome.subject.clone() };
    let scope = &outcome.scope;
    let place = match scope.clusters.as_slice() {
        [cluster] => cluster.0.clone(),
        _ => format!(
            "{}/{}",
            scope.account.as_deref().unwrap_or_default(),
            scope.region.as_deref().unwrap_or_default()
        ),
    };
    Some(Finding {
        id: id(&[outcome.rule.id, outcome.subject.as_str()]),
        group_id: id(&[outcome.rule.id, &place]),
        fix_key: fix_key(outcome),
        rule: outcome.rule,
        subject: outcome.subject.clone(),
        scope: scope.clone(),
        status,
        possible,
        facts,
        reason,
        not_considered: gaps,
        score: ranking.scores.get(&key).cloned(),
        closed_by: None,
    })
}

/// 20 hexadecimal digits of SHA-256 over the parts: nothing from time, order, message, severity or count.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(10).map(|it| format!("{it:02x}")).collect()
}

/// Open findings first, by tier, gain, score and id; then unknown and accepted ones.
fn order(it: &Finding) -> impl Ord + use<> {
    let (gain, milli) = it.score.as_ref().map_or((0, 0), |it| (it.gain, it.milli));
    let most = std::cmp::Reverse;
    (it.status, it.tier(), most(gain), most(milli), it.rule.id, it.subject.clone())
}

fn plan(ranking: &Ranking, findings: &[Finding]) -> Vec<PlanRow> {
    let by_key: BTreeMap<(&str, &Subject), &Finding> =
        findings.iter().map(|it| ((it.rule.id, &it.subject), it)).collect();
    let row = |fix: &rank::Fix| {
        let closed: Vec<&Finding> = fix
            .findings
            .iter()
            .filter_map(|it| by_key.get(&(it.rule, &it.subject)).copied())
            .filter(|it| !is_chain(it.rule.id))
            .collect();
        let lead =
            closed.iter().max_by_key(|it| (it.rule.severity, std::cmp::Reverse(it.rule.id)))?;
        let removed = (ranking.total - fix.residual) * 1000 / ranking.total.max(1);
        Some(PlanRow {
            closes: closed.iter().map(|it| it.id.clone()).collect(),
            rule: lead.rule,
            subject: lead.subject.clone(),
            scope: lead.scope.clone(),
            fix_key: fix.fix_key.clone(),
            removed,
            cuts: fix.cuts.clone(),
            sink: fix.sink.clone(),
            with_next: fix.with_next,
        })
    };
    ranking.plan.iter().filter_map(row).collect()
}

fn looked(snapshot: &Snapshot) -> Looked {
    let mut looked = Looked {
        without_aws: snapshot.scope.without_aws,
        without_kubernetes: snapshot.scope.without_kubernetes,
        ..Looked::default()
    };
    for account in &snapshot.accounts {
        looked.accounts.push(account.id.clone());
        for (name, region) in &account.regions {
            match region.clusters.known() {
                Ok(clusters) if clusters.is_empty() => looked.empty_regions += 1,
                Ok(_) => looked.regions.push(name.clone()),
                Err(gap) => looked.unread_regions.push((name.clone(), gap)),
            }
        }
    }
    looked.accounts.sort();
    looked.regions.sort();
    looked.regions.dedup();
    looked.clusters = snapshot
        .kubes
        .iter()
        .map(|(cluster, kube)| (cluster.clone(), kube.known().map(|_| ())))
        .collect();
    looked
}

fn coverage(outcomes: &[Outcome]) -> Coverage {
    let rules: BTreeSet<&str> = outcomes.iter().map(|it| it.rule.id).collect();
    let mut coverage =
        Coverage { rules: rules.len(), checks: outcomes.len(), ..Coverage::default() };
    for outcome in outcomes {
        *match &outcome.verdict {
            Err(_) => &mut coverage.unknown,
            Ok(Judgement::Fail { .. }) => &mut coverage.fail,
            Ok(Judgement::Pass { .. }) => &mut coverage.pass,
            Ok(Judgement::Accepted { .. }) => &mut coverage.accepted,
            Ok(Judgement::NotApplicable { .. }) => &mut coverage.not_applicable,
        } += 1;
    }
    coverage
}

fn unknowns(outcomes: &[Outcome]) -> Vec<UnknownGroup> {
    let mut groups: BTreeMap<(Reason, String), UnknownGroup> = BTreeMap::new();
    for outcome in outcomes {
        let Err(gap) = &outcome.verdict else { continue };
        let group = groups.entry((gap.reason, gap.call.clone())).or_insert_with(|| UnknownGroup {
            call: gap.call.clone(),
            reason: gap.reason,
            detail: gap.detail.clone(),
            rules: BTreeSet::new(),
            checks: 0,
            places: BTreeSet::new(),
        });
        group.rules.insert(outcome.rule.id);
        group.checks += 1;
        let scope = &outcome.scope;
        let place = match (scope.clusters.as_slice(), &scope.region, &scope.account) {
            ([cluster], ..) => cluster.name().to_owned(),
            (_, Some(region), _) => region.clone(),
            (_, None, Some(account)) => account.clone(),
            (_, None, None) => "everywhere".to_owned(),
        };
        group.places.insert(place);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| b.checks.cmp(&a.checks).then_with(|| a.call.cmp(&b.call)));
    groups
}
