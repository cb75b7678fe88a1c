//! What must succeed before anything can be read: configuration, credentials, identity, Regions.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use aws_config::{
    AppName, BehaviorVersion, Region, SdkConfig, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, retry::RetryConfig, sts::AssumeRoleProvider,
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use eksray_rule::{Gap, Reason};

use super::{
    credentials::Kept,
    failure::{causes, innermost},
    http::Http,
    limit::Limits,
    read::{Page, Reader},
};
use crate::{Run, Stop};

/// Whom to scan, and how hard to try.
#[derive(Clone, Debug)]
pub struct Options {
    /// Profile of the shared configuration; without one the SDK's usual chain decides.
    pub profile: Option<String>,
    /// Regions to scan; none means every Region that is enabled.
    pub regions: Vec<String>,
    /// Names or ARNs of the clusters to scan; none means all.
    pub clusters: Vec<String>,
    /// Role to assume with the credentials found.
    pub assume_role: Option<AssumeRole>,
    /// How long one request may take.
    pub request_deadline: Duration,
    /// Requests under way at the same time.
    pub concurrency: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: None,
            regions: Vec::new(),
            clusters: Vec::new(),
            assume_role: None,
            request_deadline: Duration::from_mins(1),
            concurrency: 128,
        }
    }
}

/// A role to assume.
#[derive(Clone, Debug)]
pub struct AssumeRole {
    /// ARN.
    pub arn: String,
    /// External id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// Why a scan could not start. Its text is one sentence and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// No such profile.
    UnknownProfile(String),
    /// No credentials anywhere.
    NoCredentials,
    /// A login or a session that is over.
    Expired {
        /// Profile, if one was named.
        profile: Option<String>,
        /// What the SDK or AWS said.
        detail: String,
    },
    /// AWS does not know or does not trust the credentials.
    Rejected(String),
    /// The role cannot be assumed.
    AssumeRole {
        /// Its ARN.
        arn: String,
        /// What AWS said.
        detail: String,
    },
    /// No connection.
    Unreachable(String),
    /// The Regions of the account cannot be listed.
    Regions(Gap),
    /// A configuration file or variable that does not parse.
    Configuration(String),
    /// `AWS_CA_BUNDLE` cannot be used.
    CaBundle {
        /// Its path.
        path: String,
        /// Why.
        error: String,
    },
    /// Stopped before it had started.
    Stopped(String),
}

impl Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProfile(name) => write!(
                f,
                "profile `{name}` is not in the AWS configuration; `aws configure list-profiles` shows those that are"
            ),
            Self::NoCredentials => f.write_str(
                "no AWS credentials found; name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ),
            Self::Expired { profile: Some(profile), detail } => write!(
                f,
                "the session of profile `{profile}` is over ({detail}); renew it, for single sign-on with `aws sso login --profile {profile}`"
            ),
            Self::Expired { profile: None, detail } => write!(
                f,
                "the AWS session is over ({detail}); renew it, for single sign-on with `aws sso login`"
            ),
            Self::Rejected(detail) => write!(
                f,
                "AWS does not accept the credentials ({detail}); check the keys, the clock and that AWS_REGION is a Region of their partition"
            ),
            Self::AssumeRole { arn, detail } => write!(
                f,
                "role `{arn}` cannot be assumed ({detail}); check its trust policy, the external id and the caller's right to `sts:AssumeRole`"
            ),
            Self::Unreachable(detail) => write!(
                f,
                "AWS cannot be reached ({detail}); check the network, HTTPS_PROXY, AWS_CA_BUNDLE and AWS_ENDPOINT_URL"
            ),
            Self::Regions(gap) => write!(
                f,
                "the Regions of the account cannot be listed ({gap}); allow that call, or name Regions with --region"
            ),
            Self::Configuration(detail) => {
                write!(f, "the AWS configuration cannot be used ({detail}); correct it")
            }
            Self::CaBundle { path, error } => write!(
                f,
                "the certificates of AWS_CA_BUNDLE `{path}` cannot be used ({error}); correct the variable or the file"
            ),
            Self::Stopped(why) => {
                write!(f, "nothing was read: {why}; give the scan more time")
            }
        }
    }
}

/// An account that can be read.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) options: Options,
    /// The profile in use, unless it is the default one.
    profile: Option<String>,
    pub(crate) run: Run,
    /// For requests that no SDK client sends.
    pub(crate) connector: SharedHttpConnector,
    pub(crate) config: SdkConfig,
    pub(crate) credentials: SharedCredentialsProvider,
    pub(crate) limits: Limits,
    /// How often a request is sent, from `AWS_MAX_ATTEMPTS` and the profile.
    pub(crate) attempts: u32,
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) partition: String,
}

/// Where to ask who one is when nothing names a Region.
const HOME: &str = "us-east-1";

impl Session {
    pub(crate) async fn open(options: &Options, run: &Run) -> Result<Self, StartError> {
        let profile = profile_in_use(options.profile.as_deref()).await?;
        let http = Http::from_env()?;
        let app = AppName::new("eksray").expect("only letters");
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .app_name(app)
            .http_client(http.client());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        let mut config = loader.load().await;
        if config.region().is_none() {
            let region = options.regions.first().map_or(HOME, String::as_str).to_owned();
            config = config.into_builder().region(Region::new(region)).build();
        }
        let found = match &options.profile {
            Some(profile) => Some(of_profile(profile, &config, &http)),
            None => config.credentials_provider(),
        };
        let mut credentials = Kept::shared(found.ok_or(StartError::NoCredentials)?);
        check(&credentials).await.map_err(|it| it.explained(profile.clone()))?;
        if let Some(role) = &options.assume_role {
            let mut provider =
                AssumeRoleProvider::builder(&role.arn).configure(&config).session_name("eksray");
            if let Some(id) = &role.external_id {
                provider = provider.external_id(id);
            }
            let assumed = provider.build_from_provider(credentials).await;
            credentials = Kept::shared(SharedCredentialsProvider::new(assumed));
            check(&credentials).await.map_err(|it| StartError::AssumeRole {
                arn: role.arn.clone(),
                detail: it.detail(),
            })?;
        }
        let attempts = config.retry_config().map_or(3, RetryConfig::max_attempts);
        // Retries are ours (see `read`), so that every request is limited and counted.
        let config = config
            .into_builder()
            .credentials_provider(credentials.clone())
            .retry_config(RetryConfig::disabled())
            .build();
        Ok(Self {
            options: options.clone(),
            profile,
            run: run.clone(),
            connector: http.connector_for_signed(),
            config,
            credentials,
            limits: Limits::new(options.concurrency),
            attempts,
        })
    }

    /// The Region in which questions about the whole account are asked.
    pub(crate) fn home(&self) -> String {
        self.config.region().map_or(HOME, |it| it.as_ref()).to_owned()
    }

    pub(crate) fn reader(&self, region: &str) -> Reader {
        Reader {
            run: self.run.clone(),
            limits: self.limits.clone(),
            region: region.to_owned(),
            attempts: self.attempts,
            deadline: self.options.request_deadline,
        }
    }

    /// Does not end with the scan: what opens the session is stopped as a whole.
    fn start_reader(&self) -> Reader {
        let run = Run { stop: Stop::default(), ..self.run.clone() };
        Reader { run, ..self.reader(&self.home()) }
    }

    /// Who the credentials belong to.
    pub(crate) async fn identity(&self) -> Result<Identity, StartError> {
        let sts = aws_sdk_sts::Client::new(&self.config);
        let reader = self.start_reader();
        let answer = reader.read("sts:GetCallerIdentity").once(
            || sts.get_caller_identity().send(),
            |it| {
                let arn = it.arn().unwrap_or_default();
                let partition = arn.split(':').nth(1).filter(|it| !it.is_empty());
                let account = it.account().filter(|it| !it.is_empty());
                let (Some(account), Some(partition)) = (account, partition) else {
                    return Err("no account in the answer".to_owned());
                };
                Ok(Identity { account: account.to_owned(), partition: partition.to_owned() })
            },
        );
        answer.await.map_err(|gap| self.refused(gap))
    }

    /// The Regions to scan, sorted.
    pub(crate) async fn regions(&self) -> Result<Vec<String>, StartError> {
        let mut regions = self.options.regions.clone();
        if regions.is_empty() {
            regions = self.enabled_regions().await.map_err(StartError::Regions)?;
        }
        regions.sort();
        regions.dedup();
        Ok(regions)
    }

    async fn enabled_regions(&self) -> Result<Vec<String>, Gap> {
        let ec2 = aws_sdk_ec2::Client::new(&self.config);
        let reader = self.start_reader();
        let answer = reader.read("ec2:DescribeRegions").all(
            |_| ec2.describe_regions().all_regions(false).send(),
            |it| {
                let enabled = it.regions.unwrap_or_default().into_iter();
                let enabled =
                    enabled.filter(|it| it.opt_in_status.as_deref() != Some("not-opted-in"));
                Ok(Page { items: enabled.filter_map(|it| it.region_name).collect(), next: None })
            },
        );
        answer.await
    }

    fn refused(&self, gap: Gap) -> StartError {
        let Gap { reason, detail, .. } = gap;
        let profile = self.profile.clone();
        match reason {
            _ if detail.contains("Expired") => StartError::Expired { profile, detail },
            Reason::Unreachable | Reason::Timeout => StartError::Unreachable(detail),
            _ => StartError::Rejected(detail),
        }
    }
}

/// A named profile wins over keys in the environment, as with the AWS CLI; the SDK's chain has it the other way.
fn of_profile(name: &str, config: &SdkConfig, http: &Http) -> SharedCredentialsProvider {
    let config = ProviderConfig::default()
        .with_region(config.region().cloned())
        .with_http_client(http.client());
    let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name);
    SharedCredentialsProvider::new(provider.build())
}

/// The profile in use, unless it is the default one. The SDK takes an unknown profile for an empty one.
#[expect(clippy::default_trait_access, reason = "the types are internal to the SDK")]
async fn profile_in_use(named: Option<&str>) -> Result<Option<String>, StartError> {
    let named = named.map(|it| Cow::Owned(it.to_owned()));
    let (fs, env, files) = (Default::default(), Default::default(), Default::default());
    let profiles = aws_config::profile::load(&fs, &env, &files, named).await;
    let profiles = profiles.map_err(|it| StartError::Configuration(innermost(&it)))?;
    match profiles.selected_profile() {
        "default" => Ok(None),
        name if profiles.get_profile(name).is_some() => Ok(Some(name.to_owned())),
        name => Err(StartError::UnknownProfile(name.to_owned())),
    }
}

/// Asks for credentials once, so that what is wrong with them is told before anything else goes wrong.
async fn check(provider: &SharedCredentialsProvider) -> Result<(), Refusal> {
    provider.provide_credentials().await.map(drop).map_err(Refusal)
}

/// Credentials that did not come.
struct Refusal(CredentialsError);

impl Refusal {
    fn detail(&self) -> String {
        let mut codes = causes(&self.0).filter_map(|it| it.downcast_ref::<AssumeRoleError>());
        let code = codes.find_map(|it| it.code());
        code.map_or_else(|| innermost(&self.0), str::to_owned)
    }

    fn explained(&self, profile: Option<String>) -> StartError {
        let said = |word: &str| causes(&self.0).any(|it| it.to_string().contains(word));
        let detail = self.detail();
        match self.0 {
            CredentialsError::CredentialsNotLoaded(_) => StartError::NoCredentials,
            _ if said("SSO token") || said("/sso/cache/") || said("xpired") => {
                StartError::Expired { profile, detail }
            }
            // The last place where the SDK looks.
            _ if said("IMDS") => StartError::NoCredentials,
            CredentialsError::ProviderTimedOut(_) => StartError::Unreachable(detail),
            CredentialsError::InvalidConfiguration(_) => StartError::Configuration(detail),
            _ if said("dispatch failure") => StartError::Unreachable(detail),
            _ => StartError::Rejected(detail),
        }
    }
}
