//! The service models as data: what `models/*.json` and `models/operations.toml` say.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One service model.
#[derive(Deserialize)]
pub struct Model {
    pub service: String,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
pub struct Operation {
    #[serde(default)]
    pub errors: Vec<String>,
    pub input: Option<String>,
    pub output: Option<String>,
    #[serde(default)]
    pub unauthenticated: bool,
}

#[derive(Deserialize)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub required: Vec<String>,
    pub member: Option<Reference>,
    pub key: Option<Reference>,
    pub value: Option<Reference>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<String>,
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    #[serde(default)]
    pub sensitive: bool,
    pub error: Option<ErrorTrait>,
    #[serde(default)]
    pub exception: bool,
    #[serde(default)]
    pub fault: bool,
}

#[derive(Deserialize)]
pub struct Reference {
    pub shape: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorTrait {
    pub code: String,
    pub http_status_code: u16,
    #[serde(default)]
    pub sender_fault: bool,
}

impl Model {
    pub fn load(path: &Path) -> Result<Model, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    pub fn shape(&self, name: &str) -> Result<&Shape, String> {
        self.shapes
            .get(name)
            .ok_or_else(|| format!("{}: no shape {name}", self.service))
    }

    /// Every shape that the named operations' inputs and outputs reach.
    pub fn reachable(&self, operations: &[String]) -> Result<BTreeSet<String>, String> {
        let mut todo: Vec<String> = Vec::new();
        for name in operations {
            let operation = self
                .operations
                .get(name)
                .ok_or_else(|| format!("{}: the model has no operation {name}", self.service))?;
            todo.extend(operation.input.iter().chain(&operation.output).cloned());
        }
        let mut found = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if !found.insert(name.clone()) {
                continue;
            }
            let shape = self.shape(&name)?;
            let inner = [&shape.member, &shape.key, &shape.value];
            todo.extend(inner.into_iter().flatten().map(|r| r.shape.clone()));
            todo.extend(shape.members.values().map(|r| r.shape.clone()));
        }
        Ok(found)
    }
}

/// `models/operations.toml`: which operations have types, and what AWS does beyond its model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    #[serde(default)]
    patterns: BTreeMap<String, String>,
    services: BTreeMap<String, ServiceChoice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceChoice {
    pub operations: Vec<String>,
    /// Shapes that hold secrets though the model does not say so.
    #[serde(default)]
    pub secret_shapes: Vec<String>,
    /// Lists whose items' constraint sentence ends with `Member must not be null`.
    #[serde(default)]
    pub not_null_items: Vec<String>,
    /// Shapes whose constraints are checked by the operation, which has an error of its own for them.
    #[serde(default)]
    pub own_checks: Vec<String>,
    /// Structure → members whose violations AWS reports first, in that order.
    #[serde(default)]
    pub violation_order: BTreeMap<String, Vec<String>>,
}

impl Choice {
    pub fn load(path: &Path) -> Result<Choice, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Patterns that need a wording without look-ahead.
    pub fn equivalents(&self) -> BTreeMap<String, String> {
        self.patterns.clone()
    }

    pub fn of(&self, service: &str) -> Result<&ServiceChoice, String> {
        self.services
            .get(service)
            .ok_or_else(|| format!("operations.toml: no [services.{service}]"))
    }
}
