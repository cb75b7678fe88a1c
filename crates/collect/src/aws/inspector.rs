//! Inspector: whether it scans nodes, and what it finds on them.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::assess::{
    Inspector, InspectorCoverage, InspectorFindings, InspectorStatus, KnownExploited,
};
use eksray_rule::{Fetched, Gap};
use futures::{future::try_join_all, join};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    failure::Failure,
    parse::{seconds, sorted},
    place::Place,
    read::Page,
    signed::Service,
};

const SERVICE: Service = Service { id: "Inspector2", name: "inspector2", version: "" };

/// Nodes and findings asked for at once, the most that filters and lists take.
const AT_ONCE: usize = 10;

/// Reads everything about these nodes. Where EC2 scanning is off there is nothing to ask.
pub(crate) async fn inspector(place: &Place, nodes: &[String]) -> Inspector {
    let status = match status(place).await {
        Ok(status) => status,
        Err(gap) => return unread(&gap),
    };
    let nodes = if status.ec2 == "ENABLED" { nodes } else { &[] };
    let (coverage, found) = join!(coverage(place, nodes), findings(place, nodes));
    let (findings, known_exploited) = match found.map(reduce) {
        Ok((findings, severe)) => (Ok(findings), known_exploited(place, severe).await),
        Err(gap) => (Err(gap.clone()), Err(gap)),
    };
    Inspector {
        status: Fetched::read(status),
        coverage: coverage.into(),
        findings: findings.into(),
        known_exploited: known_exploited.into(),
    }
}

/// Nothing is known, for one reason.
pub(crate) fn unread(gap: &Gap) -> Inspector {
    Inspector {
        status: Fetched::unread(gap.clone()),
        coverage: Fetched::unread(gap.clone()),
        findings: Fetched::unread(gap.clone()),
        known_exploited: Fetched::unread(gap.clone()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accounts {
    #[serde(default)]
    accounts: Vec<AccountState>,
    #[serde(default)]
    failed_accounts: Vec<FailedAccount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountState {
    account_id: String,
    resource_state: ResourceState,
}

#[derive(Debug, Deserialize)]
struct ResourceState {
    ec2: Status,
    ecr: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedAccount {
    error_code: String,
}

async fn status(place: &Place) -> Result<InspectorStatus, Gap> {
    let call = place.read("inspector2:BatchGetAccountStatus").once(
        || async {
            let path = "/status/batch/get".to_owned();
            let body = Some(json!({ "accountIds": [place.account] }));
            let answer: Accounts = place.signed.rest(SERVICE, path, body).await?;
            match answer.failed_accounts.first() {
                Some(it) if answer.accounts.is_empty() => Err(failure(&it.error_code)),
                _ => Ok(answer),
            }
        },
        |it| {
            let own = it.accounts.into_iter().find(|it| it.account_id == place.account);
            let state = own.ok_or("the account is not in the answer")?.resource_state;
            Ok(InspectorStatus { ec2: state.ec2.status, ecr: state.ecr.status })
        },
    );
    call.await
}

/// An error inside an answer that is otherwise fine.
fn failure(code: &str) -> Failure {
    match code {
        "ACCESS_DENIED" => Failure::answer(200, Some("AccessDenied"), ""),
        "INTERNAL_ERROR" => Failure::answer(500, Some("InternalError"), ""),
        code => Failure::malformed(code),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Covered {
    resource_id: String,
    scan_status: ScanStatus,
    last_scanned_at: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanStatus {
    status_code: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Coverage {
    #[serde(default)]
    covered_resources: Vec<Covered>,
    next_token: Option<String>,
}

async fn coverage(place: &Place, nodes: &[String]) -> Result<Vec<InspectorCoverage>, Gap> {
    let chunks = nodes.chunks(AT_ONCE).map(|nodes| async move {
        let filter = json!({
            "resourceId": equal(nodes),
            "resourceType": equal(&["AWS_EC2_INSTANCE"]),
            "scanType": equal(&["PACKAGE"]),
        });
        let call = place.read("inspector2:ListCoverage").all(
            |token| page(place, "/coverage/list", &filter, 200, token),
            |it: Coverage| {
                let items = it.covered_resources.into_iter().map(|it| InspectorCoverage {
                    instance_id: it.resource_id,
                    status_code: it.scan_status.status_code,
                    reason: it.scan_status.reason,
                    last_scanned_at: it.last_scanned_at.and_then(seconds),
                });
                Ok(Page { items: items.collect(), next: it.next_token })
            },
        );
        call.await
    });
    let found = try_join_all(chunks).await?.into_iter().flatten().collect();
    Ok(sorted(found, |it: &InspectorCoverage| it.instance_id.as_str()))
}

fn equal<T: AsRef<str>>(values: &[T]) -> Value {
    let value = |it: &T| json!({ "comparison": "EQUALS", "value": it.as_ref() });
    values.iter().map(value).collect()
}

async fn page<T: DeserializeOwned>(
    place: &Place,
    path: &str,
    filter: &Value,
    size: u32,
    token: Option<String>,
) -> Result<T, Failure> {
    let mut body = json!({ "filterCriteria": filter, "maxResults": size });
    if let Some(token) = token {
        body["nextToken"] = token.into();
    }
    place.signed.rest(SERVICE, path.to_owned(), Some(body)).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    #[serde(default)]
    findings: Vec<Finding>,
    next_token: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    finding_arn: String,
    severity: String,
    #[serde(default)]
    exploit_available: String,
    #[serde(default)]
    fix_available: String,
    first_observed_at: f64,
    package_vulnerability_details: Package,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    vulnerability_id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Resource {
    id: String,
}

impl Finding {
    fn is_exploitable(&self) -> bool {
        self.exploit_available == "YES"
    }

    fn is_critical(&self) -> bool {
        self.severity == "CRITICAL"
    }

    fn is_fixable_high(&self) -> bool {
        self.severity == "HIGH" && self.fix_available == "YES"
    }
}

/// Filters of different members all hold, so what may call for action takes two questions.
async fn findings(place: &Place, nodes: &[String]) -> Result<Vec<Finding>, Gap> {
    let wanted =
        [("severity", equal(&["CRITICAL", "HIGH"])), ("exploitAvailable", equal(&["YES"]))];
    let questions = nodes.chunks(AT_ONCE).flat_map(|nodes| {
        wanted.iter().map(move |(member, values)| {
            let mut filter = json!({
                "resourceId": equal(nodes),
                "findingStatus": equal(&["ACTIVE"]),
                "findingType": equal(&["PACKAGE_VULNERABILITY"]),
            });
            filter[*member] = values.clone();
            filter
        })
    });
    let answers = questions.map(|filter| async move {
        let call = place.read("inspector2:ListFindings").all(
            |token| page(place, "/findings/list", &filter, 100, token),
            |it: Findings| Ok(Page { items: it.findings, next: it.next_token }),
        );
        call.await
    });
    let found = try_join_all(answers).await?.into_iter().flatten();
    let distinct: BTreeMap<String, Finding> =
        found.map(|it| (it.finding_arn.clone(), it)).collect();
    Ok(distinct.into_values().collect())
}

/// Vulnerabilities that are critical or exploitable: one finding of each, and the nodes that have it.
type Severe = BTreeMap<String, (String, BTreeSet<String>)>;

fn reduce(findings: Vec<Finding>) -> (Vec<InspectorFindings>, Severe) {
    let (mut by_node, mut severe) = (BTreeMap::<String, Vec<Finding>>::new(), Severe::new());
    for finding in findings {
        for node in &finding.resources {
            if finding.is_critical() || finding.is_exploitable() {
                let id = finding.package_vulnerability_details.vulnerability_id.clone();
                let of = || (finding.finding_arn.clone(), BTreeSet::new());
                severe.entry(id).or_insert_with(of).1.insert(node.id.clone());
            }
            by_node.entry(node.id.clone()).or_default().push(finding.clone());
        }
    }
    (by_node.into_iter().map(|(node, findings)| count(node, findings)).collect(), severe)
}

fn count(instance_id: String, mut findings: Vec<Finding>) -> InspectorFindings {
    findings.retain(|it| it.is_critical() || it.is_exploitable() || it.is_fixable_high());
    findings.sort_by(|a, b| {
        let worse = |it: &Finding| (!it.is_exploitable(), !it.is_critical());
        worse(a).cmp(&worse(b)).then(a.first_observed_at.total_cmp(&b.first_observed_at))
    });
    let mut counted = InspectorFindings { instance_id, ..InspectorFindings::default() };
    for it in &findings {
        counted.critical += u32::from(it.is_critical());
        counted.exploitable += u32::from(it.is_exploitable());
        let first: Option<Timestamp> = seconds(it.first_observed_at);
        if it.is_fixable_high() {
            let day = first.unwrap_or_default().to_zoned(TimeZone::UTC).date();
            *counted.fixable_high.entry(day).or_default() += 1;
        }
        if it.is_critical() || it.is_exploitable() {
            let earlier = [counted.first_observed_at, first].into_iter().flatten().min();
            counted.first_observed_at = earlier;
        }
        let id = &it.package_vulnerability_details.vulnerability_id;
        if counted.worst.len() < 5 && !counted.worst.contains(id) {
            counted.worst.push(id.clone());
        }
    }
    counted
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    finding_details: Vec<Detail>,
    #[serde(default)]
    errors: Vec<FailedAccount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    finding_arn: String,
    cisa_data: Option<CisaData>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CisaData {
    date_due: Option<f64>,
}

async fn known_exploited(place: &Place, severe: Severe) -> Result<Vec<KnownExploited>, Gap> {
    let arns: Vec<&String> = severe.values().map(|it| &it.0).collect();
    let chunks = arns.chunks(AT_ONCE).map(|arns| async move {
        let call = place.read("inspector2:BatchGetFindingDetails").once(
            || async {
                let body = Some(json!({ "findingArns": arns }));
                let path = "/findings/details/batch/get".to_owned();
                let answer: Details = place.signed.rest(SERVICE, path, body).await?;
                let gone = "FINDING_DETAILS_NOT_FOUND";
                match answer.errors.iter().find(|it| it.error_code != gone) {
                    Some(it) => Err(failure(&it.error_code)),
                    None => Ok(answer.finding_details),
                }
            },
            Ok,
        );
        call.await
    });
    let details = try_join_all(chunks).await?.into_iter().flatten();
    let dues: BTreeMap<String, Option<f64>> =
        details.filter_map(|it| Some((it.finding_arn, it.cisa_data?.date_due))).collect();
    let known = severe.into_iter().filter_map(|(vulnerability_id, (arn, instances))| {
        let date_due = dues.get(&arn)?.and_then(seconds);
        let instance_ids = instances.into_iter().collect();
        Some(KnownExploited { vulnerability_id, date_due, instance_ids })
    });
    Ok(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(node: &str, id: &str, severity: &str, exploit: &str, fix: &str, at: f64) -> Finding {
        serde_json::from_value(json!({
            "findingArn": format!("{node}/{id}"), "severity": severity, "exploitAvailable": exploit,
            "fixAvailable": fix, "firstObservedAt": at, "resources": [{ "id": node }],
            "packageVulnerabilityDetails": { "vulnerabilityId": id, "source": "NEW_SOURCE" },
        }))
        .unwrap()
    }

    #[test]
    fn findings_are_counted_and_the_worst_come_first() {
        let (nodes, severe) = reduce(vec![
            finding("i-1", "CVE-1", "HIGH", "NO", "YES", 86_400.0),
            finding("i-1", "CVE-2", "HIGH", "NO", "NO", 0.0),
            finding("i-1", "CVE-3", "CRITICAL", "NO", "NO", 200.0),
            finding("i-1", "CVE-4", "MEDIUM", "YES", "NO", 300.0),
            finding("i-2", "CVE-4", "MEDIUM", "YES", "NO", 300.0),
        ]);
        assert_eq!(nodes.len(), 2);
        let first = &nodes[0];
        assert_eq!((first.critical, first.exploitable), (1, 1));
        assert_eq!(first.worst, ["CVE-4", "CVE-3", "CVE-1"]);
        assert_eq!(first.first_observed_at, seconds(200.0));
        assert_eq!(first.fixable_high.values().sum::<u32>(), 1);
        assert_eq!(severe.keys().collect::<Vec<_>>(), ["CVE-3", "CVE-4"]);
        assert_eq!(severe["CVE-4"].1.len(), 2);
    }
}
