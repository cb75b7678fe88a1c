//! The protocols with JSON: REST, and operations in a header.

use serde::{Deserialize, de::DeserializeOwned};

use super::{Answer, Request, Service, Signed};
use crate::aws::failure::Failure;

impl Signed {
    /// The REST protocol with JSON; without a body it is a GET.
    pub(crate) async fn rest<T: DeserializeOwned>(
        &self,
        service: Service,
        path: String,
        body: Option<serde_json::Value>,
    ) -> Result<T, Failure> {
        let method = if body.is_some() { "POST" } else { "GET" };
        let body = body.map(|it| it.to_string()).unwrap_or_default();
        let headers = vec![("content-type", "application/json".to_owned())];
        let host_prefix = String::new();
        let request = Request { service, method, host_prefix, path, headers, body };
        self.send(request).await?.json()
    }

    /// The JSON protocol, version 1.1: the operation is a header.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        service: Service,
        action: &'static str,
        body: serde_json::Value,
    ) -> Result<T, Failure> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{}.{action}", service.version)),
        ];
        let request = Request {
            service,
            method: "POST",
            host_prefix: String::new(),
            path: "/".to_owned(),
            headers,
            body: body.to_string(),
        };
        self.send(request).await?.json()
    }
}

impl Answer {
    fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if self.status != 200 {
            let error: JsonError = serde_json::from_str(&self.body).unwrap_or_default();
            let code = self.error_type.as_deref().or(error.code.as_deref());
            return Err(self.failure(code, &error.message));
        }
        serde_json::from_str(&self.body).map_err(|it| Failure::malformed(it.to_string()))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonError {
    #[serde(alias = "__type")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: String,
}
