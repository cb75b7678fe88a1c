//! Requests to services of which only a call or two are needed, signed here instead of by an SDK crate of their own.

mod json;
pub(crate) mod s3;

use std::{fmt, time::SystemTime};

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use aws_types::service_config::ServiceConfigKey;
use eksray_rule::Reason;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};

use super::failure::{Failure, innermost};

/// A service as its requests name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// As in `AWS_ENDPOINT_URL_<ID>` and in the `services` section of the configuration file.
    pub(crate) id: &'static str,
    /// Label of the host, and the service of the signature but for parts of S3.
    pub(crate) name: &'static str,
    /// `Version` of the query protocol, or the prefix of `X-Amz-Target` of the JSON protocol; empty for others.
    pub(crate) version: &'static str,
}

/// Sends signed requests in one Region.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) connector: SharedHttpConnector,
    pub(crate) credentials: SharedCredentialsProvider,
    pub(crate) config: SdkConfig,
    pub(crate) region: Region,
    pub(crate) partition: String,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({})", self.region)
    }
}

/// What is not percent-encoded: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

struct Request {
    service: Service,
    method: &'static str,
    /// What stands before the service in the host, if anything.
    host_prefix: String,
    path: String,
    /// Headers that are signed.
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Signed {
    /// The query protocol: a form in, XML out.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        service: Service,
        action: &'static str,
        parameters: Vec<(String, String)>,
    ) -> Result<T, Failure> {
        let mut body = format!("Action={action}&Version={}", service.version);
        for (name, value) in &parameters {
            body.extend(["&", &encode(name), "=", &encode(value)]);
        }
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let request = Request {
            service,
            method: "POST",
            host_prefix: String::new(),
            path: "/".to_owned(),
            headers: vec![("content-type", content_type.to_owned())],
            body,
        };
        let answer = self.send(request).await?;
        if answer.status != 200 {
            let error = quick_xml::de::from_str(&answer.body).map(|it: XmlError| it.error);
            return Err(match error {
                Ok(error) => answer.failure(Some(&error.code), &error.message),
                Err(_) => answer.failure(None, ""),
            });
        }
        let answer: Result<XmlAnswer<T>, _> = quick_xml::de::from_str(&answer.body);
        answer.map(|it| it.result).map_err(|it| Failure::malformed(it.to_string()))
    }

    async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let credentials = self.credentials.provide_credentials().await.map_err(|it| {
            Failure::new(Reason::Denied, format!("no credentials: {}", innermost(&it)))
        })?;
        let signed = self.sign(&request, credentials).map_err(Failure::malformed)?;
        let response = self.connector.call(signed).await.map_err(|it| Failure::connection(&it))?;
        Answer::of(response).await
    }

    fn sign(
        &self,
        request: &Request,
        credentials: aws_credential_types::Credentials,
    ) -> Result<HttpRequest, String> {
        let url =
            format!("{}{}", self.endpoint(request.service, &request.host_prefix), request.path);
        let identity = credentials.into();
        let (name, settings) = signing(request.service);
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name(name)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|it| it.to_string())?
            .into();
        let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(request.body.as_bytes());
        let signable = SignableRequest::new(request.method, &url, headers, body);
        let (instructions, _) = sign(signable.map_err(|it| innermost(&it))?, &params)
            .map_err(|it| innermost(&it))?
            .into_parts();
        let mut signed = HttpRequest::new(SdkBody::from(request.body.clone()));
        signed.set_method(request.method).map_err(|it| it.to_string())?;
        signed.set_uri(url).map_err(|it| it.to_string())?;
        let agent = concat!("eksray/", env!("CARGO_PKG_VERSION"));
        signed.headers_mut().insert("user-agent", agent);
        for (name, value) in &request.headers {
            signed.headers_mut().insert(*name, value.clone());
        }
        for header in instructions.into_parts().0 {
            signed.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Ok(signed)
    }

    /// As the SDK finds it: the service's own setting, the general one, then the service's address.
    fn endpoint(&self, service: Service, host_prefix: &str) -> String {
        let key = ServiceConfigKey::builder()
            .service_id(service.id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let own = self.config.service_config().zip(key.ok());
        let own = own.and_then(|(config, key)| config.load_config(key));
        let given = own.or_else(|| self.config.endpoint_url().map(str::to_owned));
        if let Some(url) = given {
            return url.trim_end_matches('/').to_owned();
        }
        let fips = self.config.use_fips().unwrap_or_default() && self.partition == "aws";
        let fips = if fips { "-fips" } else { "" };
        let suffix = dns_suffix(&self.partition);
        // ECR signs as `ecr` and stands at another host, but for FIPS.
        let host = match service.name {
            "ecr" if fips.is_empty() => "api.ecr",
            name => name,
        };
        format!("https://{host_prefix}{host}{fips}.{}.{suffix}", self.region)
    }
}

/// The name that a service signs with, and how: S3 wants its paths as they are, and a hash of the body in a header.
fn signing(service: Service) -> (&'static str, SigningSettings) {
    let mut settings = SigningSettings::default();
    if !matches!(service.name, "s3" | "s3-control") {
        return (service.name, settings);
    }
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    ("s3", settings)
}

/// The domain of a partition's services.
fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Query parameters of a REST path, in signing order.
pub(crate) fn path_with(path: &str, parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("{path}?{}", parameters.join("&"))
}

struct Answer {
    status: u16,
    error_type: Option<String>,
    /// Where S3 says that the bucket is.
    bucket_region: Option<String>,
    body: String,
}

impl Answer {
    async fn of(response: HttpResponse) -> Result<Self, Failure> {
        let status = response.status().as_u16();
        let error_type = response.headers().get("x-amzn-errortype").map(short_code);
        let bucket_region = response.headers().get("x-amz-bucket-region").map(str::to_owned);
        let cut = |it: &dyn std::fmt::Display| Failure::cut(it.to_string());
        let body = ByteStream::new(response.into_body()).collect().await;
        let body = body.map_err(|it| cut(&innermost(&it)))?.into_bytes();
        let body = String::from_utf8(body.into()).map_err(|it| cut(&it))?;
        Ok(Self { status, error_type, bucket_region, body })
    }

    fn failure(&self, code: Option<&str>, message: &str) -> Failure {
        Failure::answer(self.status, code.map(short_code).as_deref(), message)
    }
}

/// `com.amazonaws.guardduty#BadRequestException:http://…` is `BadRequestException`.
fn short_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

#[derive(Deserialize)]
struct XmlError {
    #[serde(rename = "Error")]
    error: XmlErrorBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct XmlErrorBody {
    code: String,
    #[serde(default)]
    message: String,
}

/// `<…Response><…Result>…</…Result></…Response>`.
#[derive(Debug, Deserialize)]
pub(crate) struct XmlAnswer<T> {
    #[serde(
        alias = "DescribeAlarmsResult",
        alias = "DescribeAutoScalingGroupsResult",
        alias = "DescribeLaunchConfigurationsResult",
        alias = "DescribeListenerCertificatesResult",
        alias = "DescribeListenersResult",
        alias = "DescribeLoadBalancerAttributesResult",
        alias = "DescribeLoadBalancerPoliciesResult",
        alias = "DescribeLoadBalancersResult",
        alias = "DescribeRulesResult",
        alias = "DescribeSSLPoliciesResult",
        alias = "DescribeTagsResult",
        alias = "DescribeTargetGroupsResult",
        alias = "DescribeTargetHealthResult"
    )]
    pub(crate) result: T,
}

/// A list of the query protocol: `<member>…</member><member>…</member>`.
#[derive(Debug, Deserialize)]
pub(crate) struct Members<T> {
    #[serde(default = "Vec::new", rename = "member")]
    pub(crate) items: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> IntoIterator for Members<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    const SERVICE: Service = Service { id: "GuardDuty", name: "guardduty", version: "" };

    fn signed(
        partition: &str,
        region: &'static str,
        config: aws_types::sdk_config::Builder,
    ) -> Signed {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let config = config.build();
        let connector = crate::aws::http::Http::from_env().unwrap().connector_for_signed();
        Signed {
            connector,
            credentials: SharedCredentialsProvider::new(credentials),
            region: Region::new(region),
            partition: partition.to_owned(),
            config,
        }
    }

    #[test]
    fn hosts_follow_partition_region_and_settings() {
        let plain = SdkConfig::builder;
        let host =
            |partition, region, config| signed(partition, region, config).endpoint(SERVICE, "");
        for (partition, region, url) in [
            ("aws", "eu-west-1", "https://guardduty.eu-west-1.amazonaws.com"),
            ("aws-cn", "cn-north-1", "https://guardduty.cn-north-1.amazonaws.com.cn"),
            ("aws-us-gov", "us-gov-west-1", "https://guardduty.us-gov-west-1.amazonaws.com"),
        ] {
            assert_eq!(host(partition, region, plain()), url);
        }
        let fips = host("aws", "us-east-1", plain().use_fips(true));
        assert_eq!(fips, "https://guardduty-fips.us-east-1.amazonaws.com");
        let given = host("aws", "us-east-1", plain().endpoint_url("http://127.0.0.1:4566/"));
        assert_eq!(given, "http://127.0.0.1:4566");
    }

    #[test]
    fn requests_are_signed_for_their_service_and_region() {
        let signed = signed("aws", "eu-west-1", SdkConfig::builder());
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("t".into()), None, "test");
        let path = path_with("/detector", &[("maxResults", "50"), ("nextToken", "a/b=")]);
        let headers = vec![("x-amz-target", "Prefix.Action".to_owned())];
        let (host_prefix, body) = (String::new(), String::new());
        let request = Request { service: SERVICE, method: "GET", host_prefix, path, headers, body };
        let request = signed.sign(&request, credentials).unwrap();
        assert_eq!(request.headers().get("x-amz-target"), Some("Prefix.Action"));
        let url =
            "https://guardduty.eu-west-1.amazonaws.com/detector?maxResults=50&nextToken=a%2Fb%3D";
        assert_eq!(request.uri(), url);
        let authorization = request.headers().get("authorization").unwrap();
        assert!(authorization.contains("/eu-west-1/guardduty/aws4_request"), "{authorization}");
        assert!(authorization.contains("x-amz-target"), "{authorization}");
        assert_eq!(request.headers().get("x-amz-security-token"), Some("t"));
        assert!(!authorization.contains("secret"));
    }

    #[test]
    fn s3_signs_a_hash_of_the_body_and_the_account_stands_in_the_host() {
        let signed = signed("aws", "eu-west-1", SdkConfig::builder());
        let credentials = Credentials::new("A", "s", None, None, "test");
        let request = Request {
            service: Service { id: "S3 Control", name: "s3-control", version: "" },
            method: "GET",
            host_prefix: "111122223333.".to_owned(),
            path: "/v20180820/configuration/publicAccessBlock".to_owned(),
            headers: vec![("x-amz-account-id", "111122223333".to_owned())],
            body: String::new(),
        };
        let request = signed.sign(&request, credentials).unwrap();
        let host = "https://111122223333.s3-control.eu-west-1.amazonaws.com/";
        assert!(request.uri().starts_with(host), "{}", request.uri());
        let authorization = request.headers().get("authorization").unwrap();
        assert!(authorization.contains("/eu-west-1/s3/aws4_request"), "{authorization}");
        assert!(authorization.contains("x-amz-account-id"), "{authorization}");
        assert!(request.headers().get("x-amz-content-sha256").is_some());
    }

    #[test]
    fn error_codes_lose_their_namespace() {
        assert_eq!(
            short_code("com.amazonaws.guardduty#BadRequestException"),
            "BadRequestException"
        );
        assert_eq!(short_code("AccessDeniedException:http://x/"), "AccessDeniedException");
    }

    #[test]
    fn a_page_that_is_no_xml_carries_no_code() {
        let (error_type, bucket_region, body) = (None, None, String::new());
        let answer = Answer { status: 404, error_type, bucket_region, body };
        assert_eq!(answer.failure(None, "").reason, Reason::NotSupported);
    }
}
