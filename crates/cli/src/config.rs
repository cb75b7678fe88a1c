//! `eksray.toml`: settings, and overrides for accounts and clusters.

use std::{fs, path::Path};

use eksray_report::{Configuration, Override};
use eksray_rule::Settings;
use serde::Deserialize;
use toml::Spanned;

use crate::Stop;

/// Read where it exists and nothing else was named.
const DEFAULT: &str = "eksray.toml";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    settings: Settings,
    #[serde(rename = "override")]
    overrides: Vec<Spanned<Section>>,
}

/// Settings for part of the estate: they replace the general ones where they are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    account: Option<String>,
    cluster: Option<String>,
    namespace: Option<String>,
    settings: toml::Table,
}

/// The configuration in force.
pub(crate) fn load(path: Option<&Path>) -> Result<Configuration, Stop> {
    let path = match path {
        Some(path) => path,
        None if Path::new(DEFAULT).exists() => Path::new(DEFAULT),
        None => return Ok(Configuration::default()),
    };
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::Usage(format!("cannot read {}: {error}", path.display())))?;
    parse(&text).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))
}

fn parse(text: &str) -> Result<Configuration, String> {
    let file: File = toml::from_str(text).map_err(|it| it.to_string())?;
    let base = toml::Table::try_from(&file.settings).map_err(|it| it.to_string())?;
    let mut overrides = Vec::new();
    for section in file.overrides {
        let line = text[..section.span().start].lines().count() + 1;
        let Section { account, cluster, namespace, settings } = section.into_inner();
        if account.is_none() && cluster.is_none() && namespace.is_none() {
            return Err(format!(
                "line {line}: an override names an account, a cluster or a namespace"
            ));
        }
        let mut merged = base.clone();
        merged.extend(settings);
        let settings = merged.try_into().map_err(|it| format!("override at line {line}: {it}"))?;
        overrides.push(Override { account, cluster, namespace, settings });
    }
    Ok(Configuration { settings: file.settings, overrides })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_replace_what_they_name() {
        let configuration = parse(
            "[settings]\nlog_retention = 30\nadmin_limit = 5\n\n\
             [[override]]\ncluster = \"shop\"\nsettings.log_retention = 7\n",
        )
        .unwrap();
        let shop = eksray_rule::ClusterId("arn:aws:eks:eu-west-1:1:cluster/shop".to_owned());
        let settings = configuration.for_cluster(&shop, None);
        assert_eq!((settings.log_retention, settings.admin_limit), (7, 5));
        assert_eq!(configuration.settings.log_retention, 30);
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, expected) in [
            ("[settings]\nlog_retention = \"x\"\n", "line 2"),
            ("[settings]\nlog_retentoin = 1\n", "line 2"),
            ("[setings]\n", "line 1"),
            ("[[override]]\ncluster = \"a\"\nsettings.nope = 1\n", "line 1"),
            ("\n[[override]]\nsettings.admin_limit = 1\n", "line 2"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text:?} gave {error}");
        }
    }
}
