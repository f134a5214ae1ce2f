//! The facts of one call that are neither state nor caller: what a pure step may look at besides values.

use std::net::IpAddr;
use std::sync::Arc;

use locum_wire::Service;

use crate::caller::Caller;
use crate::cloudtrail::{Deliveries, Lookups};
use crate::last_used::LastUses;
use crate::request::TlsDetails;
use crate::session::Ring;
use crate::world::{Random, Settings};

/// The facts of one call that are not state: time, randomness, and what the edge saw.
pub struct Cx<'a> {
    /// Unix seconds.
    pub now_s: i64,
    /// Random bytes for ids, secrets and nonces.
    pub random: &'a dyn Random,
    /// What the operator set.
    pub settings: &'a Settings,
    /// Uses of access keys and roles that are not yet kept.
    pub(crate) last_uses: &'a LastUses,
    /// How the delivery of each trail goes.
    pub(crate) deliveries: &'a Deliveries,
    /// Look-ups of this second.
    pub(crate) lookups: &'a Lookups,
    /// The ring that seals sessions.
    pub(crate) ring: Arc<Ring>,
    /// The address of the client.
    pub source_ip: IpAddr,
    /// How the connection is protected, if it is.
    pub tls: Option<&'a TlsDetails>,
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The host, with its port if there is one, that the caller addressed; it is part of what was signed.
    pub host: Option<&'a str>,
    /// `Referer`.
    pub referer: Option<&'a str>,
    /// The service called.
    pub service: Service,
}

impl Cx<'_> {
    /// `aws:RequestedRegion`: global services answer us-east-1, STS and CloudTrail the region of the
    /// signature.
    pub(crate) fn requested_region<'a>(&self, caller: &'a Caller) -> &'a str {
        match self.service {
            Service::Sts | Service::CloudTrail => &caller.region,
            _ => "us-east-1",
        }
    }
}
