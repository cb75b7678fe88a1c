//! An API server over plain HTTP that answers as it is told.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use eksray_kube::resource::ALL;
use eksray_rule::ClusterId;
use serde_json::{Value, json};

use crate::ClusterAccess;

/// The server; it ends with the test's process.
pub(super) struct Fake {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    log: Vec<Request>,
    lists: usize,
    most_lists: usize,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// With the query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    /// How often the same path came before.
    pub(super) times: usize,
    /// How many logins came before this one's.
    login: usize,
}

impl Request {
    /// The path without its query.
    pub(super) fn base(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The continue token, still encoded.
    pub(super) fn token(&self) -> Option<&str> {
        self.path.split_once("continue=").map(|(_, token)| token)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Whether it carries the first token that ever came.
    pub(super) fn is_first_login(&self) -> bool {
        self.login == 0
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    headers: Vec<(String, String)>,
    length: Option<usize>,
    hang: bool,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("404 page not found\n") }
    }

    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), headers: Vec::new(), length: None, hang: false }
    }

    pub(super) fn hang() -> Self {
        Self { hang: true, ..Self::ok("") }
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::ok(value.to_string())
    }

    pub(super) fn page(kind: &str, items: &[Value], next: &str) -> Self {
        let items = Value::from(items);
        // Servers write the envelope first, which a map sorted by key does too, all but the items.
        Self::ok(format!(
            r#"{{"kind":"{kind}List","apiVersion":"v1","metadata":{{"continue":"{next}"}},"items":{items}}}"#
        ))
    }

    pub(super) fn groups(groups: &[(&str, &str)]) -> Self {
        let names: BTreeSet<&str> = groups.iter().map(|(name, _)| *name).collect();
        let group = |name: &&str| {
            let versions = groups.iter().filter(|(it, _)| it == name);
            let versions: Vec<_> =
                versions.map(|(_, version)| json!({ "version": version })).collect();
            json!({ "name": name, "versions": versions })
        };
        let groups: Vec<_> = names.iter().map(group).collect();
        Self::json(&json!({ "kind": "APIGroupList", "groups": groups }))
    }

    pub(super) fn resources(resources: &Value) -> Self {
        Self::json(&json!({ "kind": "APIResourceList", "resources": resources }))
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says that the body is longer than it is.
    pub(super) fn announcing(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }
}

impl Fake {
    /// Starts a server that is empty but for what `special` answers.
    pub(super) fn start(
        special: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, special) = (Arc::clone(&state), Arc::new(special));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, special) = (Arc::clone(&shared), Arc::clone(&special));
                thread::spawn(move || serve(&stream.unwrap(), &state, &*special));
            }
        });
        Self { address, state }
    }

    /// How to reach it. Each login has credentials of its own, so that tokens differ.
    pub(super) fn access(&self) -> ClusterAccess {
        ClusterAccess {
            id: ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/shop".to_owned()),
            name: "shop".to_owned(),
            region: "eu-west-1".to_owned(),
            partition: "aws".to_owned(),
            endpoint: Some(self.address.clone()),
            certificate_authority: None,
            credentials: SharedCredentialsProvider::new(Counting::default()),
            private_only: false,
        }
    }

    pub(super) fn log(&self) -> Vec<Request> {
        self.state.lock().unwrap().log.clone()
    }

    /// How often a path was asked for, with any query.
    pub(super) fn count(&self, base: &str) -> usize {
        self.log().iter().filter(|it| it.base() == base).count()
    }

    pub(super) fn most_lists_at_once(&self) -> usize {
        self.state.lock().unwrap().most_lists
    }

    /// How many different tokens came.
    pub(super) fn logins(&self) -> usize {
        let log = self.log();
        log.iter().filter_map(|it| it.header("authorization")).collect::<BTreeSet<_>>().len()
    }
}

fn serve(
    stream: &TcpStream,
    state: &Mutex<State>,
    special: &(dyn Fn(&Request) -> Option<Reply> + Send + Sync),
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(mut request) = receive(&mut reader) {
        let is_list = request.path.contains("limit=");
        {
            let mut state = state.lock().unwrap();
            request.times = state.log.iter().filter(|it| it.path == request.path).count();
            let token = request.header("authorization").map(str::to_owned);
            let mut tokens: Vec<_> =
                state.log.iter().map(|it| it.header("authorization").map(str::to_owned)).collect();
            tokens.dedup();
            request.login = tokens.iter().position(|it| *it == token).unwrap_or(tokens.len());
            state.log.push(request.clone());
            if is_list {
                state.lists += 1;
                state.most_lists = state.most_lists.max(state.lists);
            }
        }
        let metadata = request.header("accept").is_some_and(|it| it.contains("MetadataList"));
        let reply = match special(&request) {
            _ if metadata && !is_list => Reply::status(406),
            Some(reply) => reply,
            None => usual(request.base()),
        };
        if reply.hang {
            thread::sleep(Duration::from_secs(5));
            return;
        }
        if is_list {
            state.lock().unwrap().lists -= 1;
        }
        if send(stream, &reply).is_err() || reply.length.is_some() {
            return;
        }
    }
}

fn receive(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|it| *it > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = Request { method: words.next()?, path: words.next()?, ..Request::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { return Some(request) };
        request.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

fn send(mut stream: &TcpStream, reply: &Reply) -> std::io::Result<()> {
    let length = reply.length.unwrap_or(reply.body.len());
    // In one piece: small writes one after the other wait for each other's acknowledgement.
    let mut bytes = Vec::new();
    write!(bytes, "HTTP/1.1 {} Said\r\ncontent-length: {length}\r\n", reply.status)?;
    for (name, value) in &reply.headers {
        write!(bytes, "{name}: {value}\r\n")?;
    }
    bytes.extend(b"\r\n");
    bytes.extend(&reply.body);
    stream.write_all(&bytes)
}

fn usual(base: &str) -> Reply {
    if let Some(resource) = ALL.iter().find(|it| it.path() == base) {
        return Reply::page(resource.kind, &[], "");
    }
    match base {
        "/version" => Reply::json(&json!({ "gitVersion": "v1.33.4-eks-1a2b3c4" })),
        "/api/v1/namespaces/kube-system" => {
            Reply::json(&json!({ "metadata": { "uid": "uid-of-kube-system" } }))
        }
        "/api/v1/namespaces/kube-system/configmaps/aws-auth"
        | "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni" => {
            let name = base.rsplit('/').next();
            let details = json!({ "name": name, "kind": "configmaps" });
            let status = json!({ "kind": "Status", "reason": "NotFound", "details": details });
            Reply { status: 404, ..Reply::json(&status) }
        }
        "/apis" => Reply::groups(&[]),
        _ => Reply::status(404),
    }
}

/// Credentials that differ each time.
#[derive(Debug, Default)]
struct Counting(Mutex<u32>);

impl aws_credential_types::provider::ProvideCredentials for Counting {
    fn provide_credentials<'a>(
        &'a self,
    ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut number = self.0.lock().unwrap();
        *number += 1;
        let credentials =
            Credentials::new("AKIDEXAMPLE", "secret", Some(number.to_string()), None, "test");
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(credentials))
    }
}
