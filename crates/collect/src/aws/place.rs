//! One Region of an account, with the clients to read it.

use aws_config::Region;

use super::{
    read::{Call, Reader},
    signed::Signed,
    start::{Identity, Session},
};

/// What collectors get: where they are and what they ask with.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) reader: Reader,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) eks: aws_sdk_eks::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) trails: aws_sdk_cloudtrail::Client,
    pub(crate) signed: Signed,
}

impl Place {
    /// A Region of the account that the session belongs to.
    pub(crate) fn of(session: &Session, identity: &Identity, region: &str) -> Self {
        let region_name = Region::new(region.to_owned());
        let config = session.config.to_builder().region(region_name.clone()).build();
        Self {
            account: identity.account.clone(),
            partition: identity.partition.clone(),
            region: region.to_owned(),
            reader: session.reader(region),
            ec2: aws_sdk_ec2::Client::new(&config),
            eks: aws_sdk_eks::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            trails: aws_sdk_cloudtrail::Client::new(&config),
            signed: Signed {
                connector: session.connector.clone(),
                credentials: session.credentials.clone(),
                region: region_name,
                partition: identity.partition.clone(),
                config,
            },
        }
    }

    /// See [`Reader::read`].
    pub(crate) fn read(&self, permission: &'static str) -> Call<'_> {
        self.reader.read(permission)
    }
}
