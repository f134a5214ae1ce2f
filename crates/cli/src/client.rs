//! A signed call to an AWS endpoint: typed input in, typed answer or the service's own error out.

use locum_sigv4::{Header, RequestView};
use locum_wire::{Service, Structure};

use crate::clock;
use crate::config::endpoint::Endpoint;
use crate::credentials::Credentials;
use crate::env::Environment;
use crate::error::CliError;
use crate::http::{self, Answer, Failure, Http};
use crate::limits;

/// A client for one endpoint and region.
#[derive(Debug)]
pub struct Client {
    http: Http,
    endpoint: Endpoint,
    region: String,
}

/// Whether a call may be made again when it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

/// What one try came to.
enum Try {
    Answered(Vec<u8>),
    Failed(CliError, Again),
}

impl Client {
    /// A client; see [`Http::new`] for `ca_bundle`.
    pub fn new(
        endpoint: Endpoint,
        region: &str,
        ca_bundle: Option<&str>,
        environment: &Environment,
    ) -> Result<Client, CliError> {
        let http = Http::new(&endpoint.url, ca_bundle, environment)?;
        Ok(Client {
            http,
            endpoint,
            region: region.to_owned(),
        })
    }

    /// The endpoint's URL.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint.url
    }

    /// Calls an operation. What only reads, and AssumeRole, is tried again when the endpoint fails.
    pub fn call<I: Structure, O: Structure>(
        &self,
        service: Service,
        operation: &str,
        input: &I,
        credentials: &Credentials,
    ) -> Result<O, CliError> {
        let body = self.answer(service, operation, input, credentials)?;
        locum_wire::read_output(service, operation, &body)
            .map_err(|e| self.bad_answer(operation, &e.to_string()))
    }

    /// Calls an operation that answers nothing.
    pub fn call_without_output<I: Structure>(
        &self,
        service: Service,
        operation: &str,
        input: &I,
        credentials: &Credentials,
    ) -> Result<(), CliError> {
        self.answer(service, operation, input, credentials)
            .map(|_| ())
    }

    fn answer<I: Structure>(
        &self,
        service: Service,
        operation: &str,
        input: &I,
        credentials: &Credentials,
    ) -> Result<Vec<u8>, CliError> {
        let mut pause = limits::CALL_PAUSE_FIRST;
        let mut tried = 1;
        loop {
            match self.once(service, operation, input, credentials) {
                Try::Answered(body) => return Ok(body),
                Try::Failed(_, Again::Yes) if tried < limits::CALL_ATTEMPTS_MAX => {
                    std::thread::sleep(pause);
                    pause *= 2;
                    tried += 1;
                }
                Try::Failed(error, _) => return Err(error),
            }
        }
    }

    fn once<I: Structure>(
        &self,
        service: Service,
        operation: &str,
        input: &I,
        credentials: &Credentials,
    ) -> Try {
        let request = locum_wire::write_input(service, operation, input);
        let mut headers = vec![
            (
                "Host".to_owned(),
                http::host_header(&self.endpoint.url).to_owned(),
            ),
            ("Content-Type".to_owned(), request.content_type.to_owned()),
        ];
        headers.extend(
            request
                .target
                .into_iter()
                .map(|target| ("X-Amz-Target".to_owned(), target)),
        );
        let signature = self.sign(service, &headers, &request.body, credentials);
        headers.extend(signature);
        let repeatable = operation == "AssumeRole"
            || ["Get", "List", "Describe"]
                .iter()
                .any(|verb| operation.starts_with(verb));
        let again = if repeatable { Again::Yes } else { Again::No };
        match self.http.post(&self.url(), &headers, &request.body) {
            Ok(answer) => self.judge(service, operation, answer, again),
            Err(Failure::Unreachable(reason)) => Try::Failed(self.unreachable(reason), Again::No),
            Err(Failure::Broken(reason)) => Try::Failed(self.unreachable(reason), again),
        }
    }

    fn sign(
        &self,
        service: Service,
        headers: &[(String, String)],
        body: &[u8],
        credentials: &Credentials,
    ) -> Vec<(String, String)> {
        let views: Vec<Header<'_>> = headers
            .iter()
            .map(|(name, value)| Header {
                name,
                value: value.as_bytes(),
            })
            .collect();
        let view = RequestView {
            method: "POST",
            path: http::path(&self.endpoint.url),
            query: "",
            headers: &views,
            body,
        };
        let signer = locum_sigv4::Credentials {
            access_key_id: &credentials.access_key_id,
            secret: credentials.secret.expose(),
            session_token: credentials
                .session_token
                .as_ref()
                .map(|token| token.expose()),
        };
        locum_sigv4::sign(
            &view,
            &signer,
            clock::now_s(),
            &self.region,
            service.scope_name(),
        )
    }

    fn judge(&self, service: Service, operation: &str, answer: Answer, again: Again) -> Try {
        if answer.status == 200 {
            return Try::Answered(answer.body);
        }
        let mut remote = locum_wire::read_error(service, answer.status, &answer.body);
        if remote.code.is_empty() {
            // Something in between answered, such as a proxy or a web server.
            remote.code = format!("HTTP status {}", answer.status);
        }
        let throttled = matches!(
            remote.code.as_str(),
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded"
        );
        if answer.status >= 500 {
            let error = CliError::ServiceFault {
                operation: operation.to_owned(),
                endpoint: self.endpoint.url.clone(),
                code: remote.code,
                message: remote.message,
            };
            return Try::Failed(error, again);
        }
        if !(400..500).contains(&answer.status) {
            return Try::Failed(
                self.bad_answer(operation, &format!("HTTP status {}", answer.status)),
                Again::No,
            );
        }
        let error = CliError::Refused {
            operation: operation.to_owned(),
            code: remote.code,
            message: remote.message,
            request_id: remote.request_id.unwrap_or_default(),
        };
        Try::Failed(error, if throttled { Again::Yes } else { Again::No })
    }

    fn url(&self) -> String {
        // Without a path the root is asked for, as it is signed.
        match http::path(&self.endpoint.url) {
            "/" => format!("{}/", self.endpoint.url),
            _ => self.endpoint.url.clone(),
        }
    }

    fn unreachable(&self, reason: String) -> CliError {
        CliError::Unreachable {
            endpoint: self.endpoint.url.clone(),
            reason,
        }
    }

    fn bad_answer(&self, operation: &str, reason: &str) -> CliError {
        let endpoint = self.endpoint.url.clone();
        CliError::BadAnswer {
            endpoint,
            operation: operation.to_owned(),
            reason: reason.to_owned(),
        }
    }
}
