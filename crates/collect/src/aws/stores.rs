//! Repositories, file systems and secrets, as far as their encryption is concerned.

use std::collections::BTreeMap;

use eksray_aws::inventory::storage::{FileSystem, Repository, Secret};
use eksray_rule::Gap;
use serde::Deserialize;
use serde_json::json;

use super::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Service, path_with},
};

const ECR: Service =
    Service { id: "ECR", name: "ecr", version: "AmazonEC2ContainerRegistry_V20150921" };
const EFS: Service = Service { id: "EFS", name: "elasticfilesystem", version: "" };
const SECRETS: Service =
    Service { id: "Secrets Manager", name: "secretsmanager", version: "secretsmanager" };

/// How tags that name a cluster begin.
const CLUSTER_TAGS: [&str; 5] = [
    "aws:eks:cluster-name",
    "eks:cluster-name",
    "eks:eks-cluster-name",
    "karpenter.sh/managed-by",
    "kubernetes.io/cluster/",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repositories {
    #[serde(default)]
    repositories: Vec<RepositoryAnswer>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryAnswer {
    repository_name: String,
    encryption_configuration: Option<Encryption>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encryption {
    encryption_type: String,
    kms_key: Option<String>,
}

/// `ecr:DescribeRepositories`.
pub(crate) async fn repositories(place: &Place) -> Result<Vec<Repository>, Gap> {
    let call = place.read("ecr:DescribeRepositories").all(
        |token| {
            let mut body = json!({ "maxResults": 1000 });
            if let Some(token) = token {
                body["nextToken"] = token.into();
            }
            place.signed.json(ECR, "DescribeRepositories", body)
        },
        |it: Repositories| {
            let items = it.repositories.into_iter().map(|it| {
                let encryption = it.encryption_configuration;
                let (kind, key) = encryption.map(|it| (it.encryption_type, it.kms_key)).unzip();
                Repository {
                    repository_name: it.repository_name,
                    encryption_type: kind,
                    kms_key: key.flatten(),
                }
            });
            Ok(Page { items: items.collect(), next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.repository_name.as_str()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystems {
    #[serde(default)]
    file_systems: Vec<FileSystemAnswer>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystemAnswer {
    file_system_id: String,
    #[serde(default)]
    encrypted: bool,
    kms_key_id: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

fn tags(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|it| (it.key, it.value)).collect()
}

/// `elasticfilesystem:DescribeFileSystems`.
pub(crate) async fn file_systems(place: &Place) -> Result<Vec<FileSystem>, Gap> {
    let call = place.read("elasticfilesystem:DescribeFileSystems").all(
        |marker: Option<String>| {
            let mut parameters = vec![("MaxItems", "100")];
            parameters.extend(marker.as_deref().map(|it| ("Marker", it)));
            // In signing order, which is that of the names.
            parameters.sort_unstable();
            let path = path_with("/2015-02-01/file-systems", &parameters);
            place.signed.rest(EFS, path, None)
        },
        |it: FileSystems| {
            let items = it.file_systems.into_iter().map(|it| FileSystem {
                file_system_id: it.file_system_id,
                encrypted: it.encrypted,
                kms_key_id: it.kms_key_id.filter(|it| !it.is_empty()),
                tags: tags(it.tags),
            });
            Ok(Page { items: items.collect(), next: it.next_marker })
        },
    );
    Ok(sorted(call.await?, |it| it.file_system_id.as_str()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secrets {
    #[serde(default)]
    secret_list: Vec<SecretAnswer>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretAnswer {
    #[serde(rename = "ARN")]
    arn: String,
    kms_key_id: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `secretsmanager:ListSecrets` with a tag that names a cluster: what is told of them, never what they hold.
pub(crate) async fn secrets(place: &Place) -> Result<Vec<Secret>, Gap> {
    let call = place.read("secretsmanager:ListSecrets").all(
        |token| {
            let filter = json!({ "Key": "tag-key", "Values": CLUSTER_TAGS });
            let mut body = json!({ "MaxResults": 100, "Filters": [filter] });
            if let Some(token) = token {
                body["NextToken"] = token.into();
            }
            place.signed.json(SECRETS, "ListSecrets", body)
        },
        |it: Secrets| {
            let items = it.secret_list.into_iter().map(|it| Secret {
                arn: it.arn,
                kms_key_id: it.kms_key_id.filter(|it| !it.is_empty()),
                tags: tags(it.tags),
            });
            Ok(Page { items: items.collect(), next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.arn.as_str()))
}
