//! Requests and limits: which are stated, and whether they say anything.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::inventory::meta::null_as_default;

/// Requests and limits of a container or a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// What the scheduler sets aside.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Amounts::is_empty")]
    pub requests: Amounts,
    /// What the kernel enforces.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Amounts::is_empty")]
    pub limits: Amounts,
}

impl Resources {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.limits.is_empty()
    }
}

/// Amounts of the resources that rules look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Amounts {
    /// Processor time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    /// Memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
    /// Disk of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage: Option<Quantity>,
}

impl Amounts {
    /// Whether none is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These amounts, and of another list those that this one does not state.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let or = |one: &Option<Quantity>, other: &Option<Quantity>| {
            one.clone().filter(|it| !it.is_zero()).or_else(|| other.clone())
        };
        Self {
            cpu: or(&self.cpu, &other.cpu),
            memory: or(&self.memory, &other.memory),
            ephemeral_storage: or(&self.ephemeral_storage, &other.ephemeral_storage),
        }
    }
}

/// A quantity as it was written: `500m`, `1Gi`, `1e30`, 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Quantity(pub String);

impl Quantity {
    /// Nothing at all. No number is made of it: a quantity may be larger than any.
    pub fn is_zero(&self) -> bool {
        let number = self.0.split(|it: char| it.is_ascii_alphabetic()).next().unwrap_or_default();
        !number.chars().any(|it| matches!(it, '1'..='9'))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(serde::de::Error::custom(format!("`{other}` is no quantity"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_any_size_and_spelling_are_read() {
        for (text, zero) in [
            ("\"1e30\"", false),
            ("\"1E400\"", false),
            ("\"0\"", true),
            ("0", true),
            ("0.5", false),
            ("\"0.000\"", true),
            ("\"00m\"", true),
            ("\"0Ei\"", true),
            ("\"0e9\"", true),
            ("\".5Gi\"", false),
            ("\"-1\"", false),
            ("1e30", false),
            ("\"\"", true),
        ] {
            let quantity: Quantity = serde_json::from_str(text).unwrap();
            assert_eq!(quantity.is_zero(), zero, "{text}");
            let again = serde_json::to_string(&quantity).unwrap();
            assert_eq!(serde_json::from_str::<Quantity>(&again).unwrap(), quantity);
        }
        assert!(serde_json::from_str::<Quantity>("true").is_err());
    }
}
