//! ROLE and options → a session: the plan is made, its steps are taken from the cache or from the service.

use locum_wire::{Service, sts};

use crate::cache::{self, Cache, Key, Mode};
use crate::client::Client;
use crate::clock;
use crate::config::SharedConfig;
use crate::config::chain::{self, Parameters, Plan, Step};
use crate::config::endpoint::{self, Endpoint, Region};
use crate::credentials::{self, Credentials, Secret};
use crate::env::Environment;
use crate::error::CliError;
use crate::limits;
use crate::output;
use crate::prompt;
use crate::role::{self, Role};
use crate::session::{AssumedRole, Session};
use crate::settings;

/// What a user asked for.
#[derive(Debug, Default)]
pub struct Wish {
    /// ROLE as it was written; `None` for the caller's own credentials.
    pub role: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// Options for the last role.
    pub parameters: Parameters,
    /// `--token`: the current code of the MFA device.
    pub token_code: Option<String>,
    /// What to do with the cache.
    pub cache: Option<Mode>,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The session, or the caller's own credentials.
    pub session: Session,
    /// Variables beside the credentials that whoever uses the session needs.
    pub settings: Vec<(&'static str, String)>,
    /// Where it was got, and where calls with it go.
    pub client: Client,
}

/// Does it.
pub fn obtain(wish: &Wish, environment: &Environment) -> Result<Outcome, CliError> {
    let shared = SharedConfig::load(environment)?;
    let role = wish
        .role
        .as_deref()
        .map(|text| role::classify(text, &shared))
        .transpose()?;
    let plan = chain::plan(
        role,
        wish.profile.as_deref(),
        wish.parameters.clone(),
        environment,
        &shared,
    )?;
    let needs_code = plan
        .steps
        .iter()
        .any(|step| step.parameters.mfa_serial.is_some());
    if wish.token_code.is_some() && !needs_code {
        return Err(CliError::usage(
            "--token was given, but no MFA device",
            "name the device with --serial or mfa_serial",
        ));
    }
    let profile = plan
        .profile
        .as_deref()
        .and_then(|name| shared.profile(name));
    let region = endpoint::region(wish.region.as_deref(), environment, profile);
    let option = wish.endpoint_url.as_deref();
    let endpoint = endpoint::endpoint("sts", option, environment, &shared, profile, &region.name)?;
    let ca_bundle = profile.and_then(|p| p.get("ca_bundle"));
    let client = Client::new(endpoint.clone(), &region.name, ca_bundle, environment)?;
    let settings = settings::beside(wish, profile, &shared, environment);
    let source = credentials::of_source(&plan.source, environment, &shared)?;
    let (cache, mode) = open_cache(wish, &plan, environment);
    let run = Run {
        plan: &plan,
        source,
        cache,
        mode,
        client: &client,
        endpoint: &endpoint,
        region: &region,
        token_code: wish.token_code.as_deref(),
        environment,
    };
    let session = run.session()?;
    Ok(Outcome {
        session,
        settings,
        client,
    })
}

/// Without a place for a cache the session is got all the same; the user is told why each call is made anew.
fn open_cache(wish: &Wish, plan: &Plan, environment: &Environment) -> (Option<Cache>, Mode) {
    let mode = wish.cache.unwrap_or(Mode::Use);
    if mode == Mode::Off || plan.steps.is_empty() {
        return (None, Mode::Off);
    }
    match Cache::open(environment) {
        Ok(cache) => (Some(cache), mode),
        Err(e) => {
            output::warn(environment, &format!("{e}; going on without it"));
            (None, Mode::Off)
        }
    }
}

/// One run of a plan.
struct Run<'a> {
    plan: &'a Plan,
    source: Credentials,
    cache: Option<Cache>,
    mode: Mode,
    client: &'a Client,
    endpoint: &'a Endpoint,
    region: &'a Region,
    token_code: Option<&'a str>,
    environment: &'a Environment,
}

impl Run<'_> {
    fn session(&self) -> Result<Session, CliError> {
        let mut keys: Vec<Key> = Vec::new();
        let mut roles: Vec<String> = Vec::new();
        for step in &self.plan.steps {
            let role = self.role_arn(&step.role, roles.last())?;
            keys.push(self.key(step, &role, keys.last()));
            roles.push(role);
        }
        let steps: Vec<_> = self
            .plan
            .steps
            .iter()
            .zip(&roles)
            .zip(&keys)
            .map(|((step, role), key)| (step, role, key))
            .collect();
        self.of_steps(&steps)
    }

    /// The session at the end of `steps`; the earlier ones are only needed when it is not in the cache.
    fn of_steps(&self, steps: &[(&Step, &String, &Key)]) -> Result<Session, CliError> {
        let Some((&(step, role, key), before)) = steps.split_last() else {
            return Ok(Session {
                credentials: self.source.clone(),
                identity: None,
            });
        };
        let make = || {
            let caller = self.of_steps(before)?;
            self.assume(step, role, &caller.credentials)
        };
        match &self.cache {
            None => make(),
            Some(cache) => {
                let lifetime_s = step
                    .parameters
                    .duration_s
                    .unwrap_or(limits::SESSION_DURATION_S_DEFAULT);
                cache.session(key, self.mode, lifetime_s, &clock::now_s, make)
            }
        }
    }

    /// Everything that a session depends on. A later step depends on the way to the earlier one, not on its passing key.
    fn key(&self, step: &Step, role: &str, before: Option<&Key>) -> Key {
        let parameters = &step.parameters;
        let optional = |value: &Option<String>| {
            value
                .as_ref()
                .map(|text| format!("={text}"))
                .unwrap_or_default()
        };
        let mut facts = vec![
            ("endpoint", self.endpoint.url.clone()),
            ("region", self.region.name.clone()),
        ];
        match before {
            Some(key) => facts.push(("step", key.as_str().to_owned())),
            None => {
                facts.push(("key", self.source.access_key_id.clone()));
                facts.push(("secret", cache::fingerprint(self.source.secret.expose())));
            }
        }
        facts.push(("role", role.to_owned()));
        facts.push(("external-id", optional(&parameters.external_id)));
        facts.push(("session-name", self.session_name(parameters)));
        facts.push((
            "duration",
            parameters.duration_s.unwrap_or_default().to_string(),
        ));
        facts.push(("serial", optional(&parameters.mfa_serial)));
        facts.push(("source-identity", optional(&parameters.source_identity)));
        facts.push(("policy", optional(&parameters.policy)));
        facts.extend(
            parameters
                .policy_arns
                .iter()
                .map(|arn| ("policy-arn", arn.clone())),
        );
        for (tag, value) in &parameters.tags {
            facts.push(("tag", tag.clone()));
            facts.push(("value", value.clone()));
        }
        facts.extend(
            parameters
                .transitive_tag_keys
                .iter()
                .map(|tag| ("transitive", tag.clone())),
        );
        Key::of(&facts)
    }

    fn role_arn(&self, role: &Role, before: Option<&String>) -> Result<String, CliError> {
        match role {
            Role::Arn(arn) => Ok(arn.clone()),
            Role::InAccount { account, name } => Ok(role::arn(
                endpoint::partition(&self.region.name),
                account,
                name,
            )),
            Role::InCallersAccount(name) | Role::Profile(name) => {
                let caller = match before {
                    Some(arn) => arn.clone(),
                    None => self.caller_arn()?,
                };
                let mut parts = caller.split(':').skip(1);
                let (partition, account) = (
                    parts.next().unwrap_or("aws"),
                    parts.nth(2).unwrap_or_default(),
                );
                Ok(role::arn(partition, account, name))
            }
        }
    }

    /// The ARN behind the source's key, remembered: a key never changes its owner's account.
    fn caller_arn(&self) -> Result<String, CliError> {
        let facts = [
            ("whose", self.source.access_key_id.clone()),
            ("endpoint", self.endpoint.url.clone()),
        ];
        let key = Key::of(&facts);
        if let Some(arn) = self.cache.as_ref().and_then(|cache| cache.note(&key)) {
            return Ok(arn);
        }
        let arn = identity(self.client, &self.source)?.arn;
        if let Some(cache) = &self.cache {
            // Not being able to remember costs the same call next time, nothing else.
            let _ = cache.keep_note(&key, &arn);
        }
        Ok(arn)
    }

    fn session_name(&self, parameters: &Parameters) -> String {
        if let Some(name) = parameters
            .session_name
            .as_deref()
            .or_else(|| self.environment.get("AWS_ROLE_SESSION_NAME"))
        {
            return name.to_owned();
        }
        default_session_name(self.environment)
    }

    fn assume(&self, step: &Step, role: &str, caller: &Credentials) -> Result<Session, CliError> {
        let parameters = &step.parameters;
        let token_code = match (&parameters.mfa_serial, self.token_code) {
            (None, _) => None,
            (Some(_), Some(code)) => Some(code.to_owned()),
            (Some(serial), None) => Some(prompt::mfa_code(serial)?),
        };
        let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
        let arns = parameters
            .policy_arns
            .iter()
            .map(|arn| sts::PolicyDescriptorType {
                arn: Some(arn.clone()),
            });
        let tags = parameters.tags.iter().map(|(key, value)| sts::Tag {
            key: key.clone(),
            value: value.clone(),
        });
        let input = sts::AssumeRoleRequest {
            role_arn: role.to_owned(),
            role_session_name: self.session_name(parameters),
            duration_seconds: parameters
                .duration_s
                .map(|s| i32::try_from(s).unwrap_or(i32::MAX)),
            external_id: parameters.external_id.clone(),
            policy: parameters.policy.clone(),
            policy_arns: (!parameters.policy_arns.is_empty()).then(|| arns.collect()),
            serial_number: parameters.mfa_serial.clone(),
            source_identity: parameters.source_identity.clone(),
            tags: (!parameters.tags.is_empty()).then(|| tags.collect()),
            token_code,
            transitive_tag_keys: list(&parameters.transitive_tag_keys),
            ..sts::AssumeRoleRequest::default()
        };
        let answer: sts::AssumeRoleResponse =
            self.client
                .call(Service::Sts, "AssumeRole", &input, caller)?;
        session_of(answer).ok_or_else(|| CliError::BadAnswer {
            endpoint: self.client.endpoint().to_owned(),
            operation: "AssumeRole".to_owned(),
            reason: "it holds no credentials".to_owned(),
        })
    }
}

fn session_of(answer: sts::AssumeRoleResponse) -> Option<Session> {
    let credentials = answer.credentials?;
    let whole = !credentials.access_key_id.is_empty() && !credentials.secret_access_key.is_empty();
    let identity = answer.assumed_role_user.map(|user| AssumedRole {
        arn: user.arn,
        id: user.assumed_role_id,
        packed_policy_size: answer.packed_policy_size.map(i64::from),
        source_identity: answer.source_identity,
    });
    let credentials = Credentials {
        access_key_id: credentials.access_key_id,
        secret: Secret::new(credentials.secret_access_key),
        session_token: Some(Secret::new(credentials.session_token)),
        expires_s: Some(credentials.expiration.0),
    };
    whole.then_some(Session {
        credentials,
        identity,
    })
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// 12 digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// The caller's unique id, for a session with its name.
    pub user_id: String,
}

/// Asks the service who the owner of these credentials is.
pub fn identity(client: &Client, credentials: &Credentials) -> Result<Identity, CliError> {
    let input = sts::GetCallerIdentityRequest::default();
    let answer: sts::GetCallerIdentityResponse =
        client.call(Service::Sts, "GetCallerIdentity", &input, credentials)?;
    match (answer.account, answer.arn, answer.user_id) {
        (Some(account), Some(arn), Some(user_id)) => Ok(Identity {
            account,
            arn,
            user_id,
        }),
        _ => Err(CliError::BadAnswer {
            endpoint: client.endpoint().to_owned(),
            operation: "GetCallerIdentity".to_owned(),
            reason: "it does not say who the caller is".to_owned(),
        }),
    }
}

/// `locum-USER`, in the characters and length that a session name may have.
#[must_use]
pub fn default_session_name(environment: &Environment) -> String {
    let user = environment
        .get("USER")
        .or_else(|| environment.get("LOGNAME"))
        .unwrap_or_default();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let user: String = user.chars().filter(allowed).take(50).collect();
    if user.is_empty() {
        "locum".to_owned()
    } else {
        format!("locum-{user}")
    }
}
