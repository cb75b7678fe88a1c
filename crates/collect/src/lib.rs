//! Reads live accounts and clusters into inventories. All input and output of a scan is here.

mod aws;
pub mod kube;
mod proxy;
mod run;
mod token;

use aws_credential_types::provider::SharedCredentialsProvider;
use eksray_rule::ClusterId;

pub use aws::{AssumeRole, Options, StartError, account};
pub use run::{Calls, Count, Event, Progress, Run, Stop};

/// How to reach a cluster's API server. Nothing of this enters the snapshot.
#[derive(Clone, Debug)]
pub struct ClusterAccess {
    /// The cluster's ARN.
    pub id: ClusterId,
    /// Name, which the login token is bound to.
    pub name: String,
    /// Region, whose STS the login token is for.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// `https://….eks.amazonaws.com`; a cluster that is being created or has failed has none.
    pub endpoint: Option<String>,
    /// PEM, decoded.
    pub certificate_authority: Option<Vec<u8>>,
    /// What signs the login token.
    pub credentials: SharedCredentialsProvider,
    /// The endpoint has no public address.
    pub private_only: bool,
}
