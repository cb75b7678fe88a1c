//! Why a request failed, in the terms of a gap: the only place that knows error codes.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::result::SdkError,
    client::{orchestrator::HttpResponse, result::ConnectorError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use eksray_rule::Reason;

/// A failed request, whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Becomes the reason of the gap.
    pub(crate) reason: Reason,
    /// Becomes the detail of the gap: an error code or the innermost cause.
    pub(crate) detail: String,
    /// Whether the same request may succeed if it is sent again.
    pub(crate) again: bool,
}

/// Longest detail of a gap; causes of connection errors may quote anything.
const DETAIL: usize = 160;

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        let mut detail: String = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { reason, detail, again: false }
    }

    fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// No answer within the time for one request.
    pub(crate) fn late(seconds: u64) -> Self {
        Self::new(Reason::Timeout, format!("no answer in {seconds} s")).again()
    }

    /// An answer that does not parse.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Reason::Malformed, detail)
    }

    /// An answer that ended early.
    pub(crate) fn cut(detail: impl Into<String>) -> Self {
        Self::malformed(detail).again()
    }

    /// An error answer: HTTP status, error code, message.
    pub(crate) fn answer(status: u16, code: Option<&str>, message: &str) -> Self {
        match code {
            Some(code) => coded(status, code, message),
            None => uncoded(status),
        }
    }

    /// No answer: the connection failed, or there were no credentials to sign with.
    pub(crate) fn connection(error: &ConnectorError) -> Self {
        let cause = innermost(error);
        if let Some(credentials) = credentials_error(error) {
            return Self::new(
                Reason::Denied,
                format!("no credentials: {}", innermost(credentials)),
            );
        }
        match (error.is_timeout(), error.is_io()) {
            (true, _) => Self::new(Reason::Timeout, cause).again(),
            (_, true) => Self::new(Reason::Unreachable, cause).again(),
            _ => Self::new(Reason::Unreachable, cause),
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::TimeoutError(_) => Self::new(Reason::Timeout, innermost(&error)).again(),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(error) => Self::connection(error),
                None => Self::new(Reason::Unreachable, innermost(&error)),
            },
            SdkError::ResponseError(_) => Self::cut(innermost(&error)),
            SdkError::ServiceError(context) => {
                let it = context.err();
                let message = it.message().unwrap_or_default();
                Self::answer(context.raw().status().as_u16(), it.code(), message)
            }
            _ => Self::malformed(innermost(&error)),
        }
    }
}

fn coded(status: u16, code: &str, message: &str) -> Failure {
    let reason = reason(status, code, message);
    let detail = match reason {
        Reason::Denied => match denied_by(message) {
            Some(policy) => format!("{code}, {policy}"),
            None => code.to_owned(),
        },
        Reason::NotCollected => format!("{code}, gone since it was listed"),
        _ => code.to_owned(),
    };
    let failure = Failure::new(reason, detail);
    match reason {
        Reason::Throttled | Reason::Timeout | Reason::Unreachable => failure.again(),
        _ => failure,
    }
}

fn reason(status: u16, code: &str, message: &str) -> Reason {
    if is_throttle(code) || status == 429 {
        return Reason::Throttled;
    }
    if is_denial(code) {
        return Reason::Denied;
    }
    let elsewhere = ["not available in", "not supported in", "isn't supported in"];
    if is_unsupported(code) || elsewhere.iter().any(|it| message.contains(it)) {
        return Reason::NotSupported;
    }
    if code.contains("NotFound") || code.starts_with("NoSuch") || code == "InvalidAMIID.Unavailable"
    {
        return Reason::NotCollected;
    }
    match code {
        "RequestTimeout" | "RequestTimeoutException" => Reason::Timeout,
        _ if status == 403 => Reason::Denied,
        _ if status >= 500 || code.starts_with("Internal") => Reason::Unreachable,
        _ => Reason::Malformed,
    }
}

/// Codes that mean *later*; they differ by protocol and service.
fn is_throttle(code: &str) -> bool {
    code.contains("Throttl")
        || code.starts_with("TooManyRequests")
        || matches!(
            code,
            "RequestLimitExceeded"
                | "BandwidthLimitExceeded"
                | "ProvisionedThroughputExceededException"
                | "PriorRequestNotComplete"
                | "SlowDown"
        )
}

/// Codes that mean *not you*, credentials that expired during the scan included.
fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied")
        || code.starts_with("Unauthorized")
        || code.starts_with("ExpiredToken")
        || matches!(
            code,
            "NotAuthorized"
                | "AuthorizationError"
                | "Forbidden"
                | "ForbiddenException"
                | "RequestExpired"
                | "SignatureDoesNotMatch"
                | "InvalidSignatureException"
                | "IncompleteSignature"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
        )
}

/// Codes that mean *not here*. A Region that is not enabled does not know the caller's key.
fn is_unsupported(code: &str) -> bool {
    code.starts_with("UnknownOperation")
        || code.starts_with("UnsupportedOperation")
        || matches!(
            code,
            "UnrecognizedClientException"
                | "InvalidClientTokenId"
                | "InvalidAccessKeyId"
                | "AuthFailure"
                | "OptInRequired"
                | "RegionDisabledException"
                | "SubscriptionRequiredException"
                | "InvalidAction"
                | "NotImplemented"
                | "UnknownAction"
        )
}

/// Which policy denies, where the message tells: it decides who can lift the gap.
fn denied_by(message: &str) -> Option<&str> {
    let at = message.find("explicit deny in a")?;
    message[at..].split([':', '.', '\n']).next().map(str::trim)
}

/// Answers of proxies, gateways and servers that do not know the operation carry no code.
fn uncoded(status: u16) -> Failure {
    let detail = format!("HTTP status {status}");
    match status {
        401 | 403 | 407 => Failure::new(Reason::Denied, detail),
        404 | 405 | 501 => Failure::new(Reason::NotSupported, detail),
        429 => Failure::new(Reason::Throttled, detail).again(),
        500.. => Failure::new(Reason::Unreachable, detail).again(),
        200..300 => Failure::malformed("the answer does not parse"),
        _ => Failure::malformed(detail),
    }
}

/// The error and what caused it, outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The innermost cause on one line: it says what happened, the outer ones say where.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let cause = causes(error).last().map(ToString::to_string).unwrap_or_default();
    cause.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    causes(error).find_map(|it| it.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_of(status: u16, code: &str) -> Reason {
        Failure::answer(status, Some(code), "").reason
    }

    #[test]
    fn the_codes_of_every_protocol_fall_into_their_reasons() {
        for (status, code, reason) in [
            (403, "AccessDeniedException", Reason::Denied),
            (403, "AccessDenied", Reason::Denied),
            (403, "UnauthorizedOperation", Reason::Denied),
            (403, "ExpiredTokenException", Reason::Denied),
            (400, "RequestExpired", Reason::Denied),
            (503, "RequestLimitExceeded", Reason::Throttled),
            (400, "Throttling", Reason::Throttled),
            (400, "ThrottlingException", Reason::Throttled),
            (429, "TooManyRequestsException", Reason::Throttled),
            (503, "SlowDown", Reason::Throttled),
            (403, "UnrecognizedClientException", Reason::NotSupported),
            (401, "AuthFailure", Reason::NotSupported),
            (400, "InvalidAction", Reason::NotSupported),
            (404, "UnknownOperationException", Reason::NotSupported),
            (403, "OptInRequired", Reason::NotSupported),
            (403, "InvalidAccessKeyId", Reason::NotSupported),
            (403, "AllAccessDisabled", Reason::Denied),
            (404, "NoSuchBucket", Reason::NotCollected),
            (404, "ResourceNotFoundException", Reason::NotCollected),
            (400, "InvalidLaunchTemplateId.NotFound", Reason::NotCollected),
            (400, "InvalidAMIID.Unavailable", Reason::NotCollected),
            (500, "InternalFailure", Reason::Unreachable),
            (503, "ServiceUnavailableException", Reason::Unreachable),
            (400, "ValidationError", Reason::Malformed),
        ] {
            assert_eq!(reason_of(status, code), reason, "{code}");
        }
    }

    #[test]
    fn only_what_may_pass_is_sent_again() {
        assert!(Failure::answer(503, Some("RequestLimitExceeded"), "").again);
        assert!(Failure::answer(500, None, "").again);
        assert!(Failure::late(30).again);
        assert!(!Failure::answer(403, Some("AccessDenied"), "").again);
        assert!(!Failure::answer(404, None, "").again);
    }

    #[test]
    fn answers_without_a_code_are_told_apart_by_status() {
        assert_eq!(Failure::answer(404, None, "").reason, Reason::NotSupported);
        assert_eq!(Failure::answer(403, None, "").reason, Reason::Denied);
        assert_eq!(Failure::answer(200, None, "").reason, Reason::Malformed);
        assert_eq!(Failure::answer(502, None, "").reason, Reason::Unreachable);
    }

    #[test]
    fn a_message_tells_of_regions_and_organizations() {
        let message = "This operation is not available in this Region.";
        let failure = Failure::answer(400, Some("InvalidRequestException"), message);
        assert_eq!(failure.reason, Reason::NotSupported);
        let message = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: eks:ListClusters with an explicit deny in a service control policy";
        let failure = Failure::answer(403, Some("AccessDeniedException"), message);
        assert_eq!(
            failure.detail,
            "AccessDeniedException, explicit deny in a service control policy"
        );
    }

    #[test]
    fn details_stay_short() {
        assert_eq!(Failure::malformed("é".repeat(500)).detail.chars().count(), DETAIL + 1);
    }
}
