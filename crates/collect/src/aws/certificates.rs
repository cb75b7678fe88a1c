//! Certificates: those of ACM that load balancers show, and those of IAM.

use std::collections::BTreeSet;

use eksray_aws::inventory::{
    certificate::{Certificate, CertificateDescription, ServerCertificate},
    elb::LoadBalancer,
};
use eksray_rule::Gap;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{
    parse::{sorted, timestamp},
    place::Place,
    read::{Page, Parsed},
    signed::Service,
};

const SERVICE: Service = Service { id: "ACM", name: "acm", version: "CertificateManager" };

/// Every certificate of ACM that a listener shows, described.
pub(crate) async fn shown(
    place: &Place,
    balancers: &Result<Vec<LoadBalancer>, Gap>,
) -> Vec<Certificate> {
    let listeners = balancers.iter().flatten().filter_map(|it| it.listeners.known().ok()).flatten();
    let arns = listeners.filter_map(|it| it.certificate_arns.known().ok()).flatten();
    let arns: BTreeSet<&String> = arns.filter(|it| it.contains(":acm:")).collect();
    let certificates = arns.into_iter().map(|arn| async move {
        let described = describe(place, arn).await.into();
        Certificate { certificate_arn: arn.clone(), described }
    });
    join_all(certificates).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    certificate: Described,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    status: String,
    /// Seconds since 1970.
    not_after: Option<f64>,
    renewal_eligibility: Option<String>,
    renewal_summary: Option<Renewal>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Renewal {
    renewal_status: Option<String>,
}

async fn describe(place: &Place, arn: &str) -> Result<CertificateDescription, Gap> {
    let call = place.read("acm:DescribeCertificate").once(
        || place.signed.json(SERVICE, "DescribeCertificate", json!({ "CertificateArn": arn })),
        |it: Answer| description(it.certificate),
    );
    call.await
}

fn description(it: Described) -> Parsed<CertificateDescription> {
    let end = |seconds: f64| {
        let since = SignedDuration::try_from_secs_f64(seconds).map_err(|it| it.to_string())?;
        Timestamp::from_duration(since).map_err(|it| it.to_string())
    };
    Ok(CertificateDescription {
        status: it.status,
        not_after: it.not_after.map(end).transpose()?,
        renewal_eligibility: it.renewal_eligibility,
        renewal_status: it.renewal_summary.and_then(|it| it.renewal_status),
    })
}

/// `iam:ListServerCertificates`.
pub(crate) async fn of_iam(place: &Place) -> Result<Vec<ServerCertificate>, Gap> {
    let call = place.read("iam:ListServerCertificates").all(
        |marker| place.iam.list_server_certificates().max_items(1000).set_marker(marker).send(),
        |it| {
            let next = it.marker.filter(|_| it.is_truncated);
            let items = it.server_certificate_metadata_list.into_iter().map(|it| {
                ServerCertificate { expiration: timestamp(it.expiration.as_ref()), arn: it.arn }
            });
            Ok(Page { items: items.collect(), next })
        },
    );
    Ok(sorted(call.await?, |it| it.arn.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_was_never_issued_has_no_end() {
        let of = |json| description(serde_json::from_value(json).unwrap()).unwrap();
        let issued = of(json!({
            "Status": "ISSUED",
            "NotAfter": 1_798_761_600.0,
            "RenewalEligibility": "ELIGIBLE",
            "RenewalSummary": { "RenewalStatus": "FAILED" },
        }));
        assert_eq!(issued.not_after, Some("2027-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(issued.renewal_status.as_deref(), Some("FAILED"));
        assert_eq!(of(json!({ "Status": "PENDING_VALIDATION" })).not_after, None);
    }
}
