//! The REST protocol with XML, as S3 speaks it.

use aws_config::Region;
use serde::de::DeserializeOwned;

use super::{Answer, Request, Service, Signed, XmlErrorBody};
use crate::aws::failure::Failure;

const BUCKETS: Service = Service { id: "S3", name: "s3", version: "" };
const ACCOUNT: Service = Service { id: "S3 Control", name: "s3-control", version: "" };

/// Whose setting is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holder<'a> {
    /// A bucket, and the account that must own it: S3 refuses to tell of one of another account.
    Bucket(&'a str, &'a str),
    /// An account.
    Account(&'a str),
}

impl Signed {
    /// A setting such as `publicAccessBlock`; none where the answer is the error `absent`.
    pub(crate) async fn s3<T: DeserializeOwned>(
        &self,
        holder: Holder<'_>,
        setting: &'static str,
        absent: &'static str,
    ) -> Result<Option<T>, Failure> {
        let answer = self.send(request(holder, setting)).await?;
        let answer = match &answer.bucket_region {
            // The bucket is in another Region, which is all that this answer says.
            Some(region) if is_redirect(&answer) && *region != self.region.as_ref() => {
                let there = Self { region: Region::new(region.clone()), ..self.clone() };
                there.send(request(holder, setting)).await?
            }
            _ => answer,
        };
        answer.xml(absent)
    }
}

fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, 301 | 307 | 400)
}

/// Names of buckets stand in the path: with dots they would not fit the certificate.
fn request(holder: Holder<'_>, setting: &'static str) -> Request {
    let (service, host_prefix, path, header) = match holder {
        Holder::Bucket(name, owner) => {
            let header = ("x-amz-expected-bucket-owner", owner.to_owned());
            (BUCKETS, String::new(), format!("/{name}?{setting}"), header)
        }
        Holder::Account(id) => {
            let path = format!("/v20180820/configuration/{setting}");
            (ACCOUNT, format!("{id}."), path, ("x-amz-account-id", id.to_owned()))
        }
    };
    let (method, headers, body) = ("GET", vec![header], String::new());
    Request { service, method, host_prefix, path, headers, body }
}

impl Answer {
    fn xml<T: DeserializeOwned>(&self, absent: &'static str) -> Result<Option<T>, Failure> {
        if self.status == 200 {
            let parsed = quick_xml::de::from_str(&self.body);
            return parsed.map(Some).map_err(|it| Failure::malformed(it.to_string()));
        }
        match quick_xml::de::from_str::<XmlErrorBody>(&self.body) {
            Ok(error) if error.code == absent => Ok(None),
            Ok(error) => Err(self.failure(Some(&error.code), &error.message)),
            Err(_) => Err(self.failure(None, "")),
        }
    }
}

#[cfg(test)]
mod tests {
    use eksray_rule::Reason;

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Option<String>, Failure> {
        let (error_type, bucket_region, body) = (None, None, body.to_owned());
        Answer { status, error_type, bucket_region, body }.xml("NoSuchBucketPolicy")
    }

    fn error(code: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    #[test]
    fn what_was_never_set_is_an_answer_and_a_refusal_is_none() {
        assert_eq!(answer(404, &error("NoSuchBucketPolicy")), Ok(None));
        let reason = |status, code| answer(status, &error(code)).unwrap_err().reason;
        assert_eq!(reason(403, "AccessDenied"), Reason::Denied);
        assert_eq!(reason(404, "NoSuchBucket"), Reason::NotCollected);
        assert_eq!(reason(503, "SlowDown"), Reason::Throttled);
        assert_eq!(reason(403, "InvalidAccessKeyId"), Reason::NotSupported);
        assert_eq!(answer(403, "").unwrap_err().reason, Reason::Denied);
    }
}
