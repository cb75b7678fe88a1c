//! Certificates of load balancers.

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A certificate of AWS Certificate Manager.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Certificate {
    /// ARN.
    pub certificate_arn: String,
    /// `acm:DescribeCertificate`.
    pub described: Fetched<CertificateDescription>,
}

/// `acm:DescribeCertificate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CertificateDescription {
    /// `ISSUED`, `EXPIRED`, …
    pub status: String,
    /// End of its life; absent until it is issued.
    pub not_after: Option<Timestamp>,
    /// `ELIGIBLE` where ACM renews it by itself.
    pub renewal_eligibility: Option<String>,
    /// `RenewalSummary.RenewalStatus`: `PENDING_AUTO_RENEWAL`, `FAILED`, …
    pub renewal_status: Option<String>,
}

/// A certificate that was uploaded to IAM.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ServerCertificate {
    /// ARN.
    pub arn: String,
    /// End of its life.
    pub expiration: Option<Timestamp>,
}
