//! What an operation is: a row with its name, what it needs to be allowed, and the function that runs it.

use locum_store::{AccountId, Change};
use locum_wire::{Call, Reply, Service, Structure};
use smallvec::SmallVec;

use crate::authorize::{Grant, authorize};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::snapshot::Snapshot;

/// What an operation does, as the trail tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only reads; the trail keeps no answer.
    Read,
    /// It changes state.
    Write,
    /// It issues credentials: read-only for AWS, but the trail keeps the answer without its secrets.
    Issue,
}

/// One row of the table of operations.
pub struct Operation {
    /// The service.
    pub service: Service,
    /// The operation as the model spells it.
    pub name: &'static str,
    /// The action that policies are asked about: `service:Name`, by construction.
    pub action: &'static str,
    /// Reads, writes or issues.
    pub access: Access,
    pub(crate) steps: &'static dyn Steps,
}

/// A row whose operation answers something: service and prefix, name, access, needs, function.
macro_rules! answering {
    ($service:ident $prefix:literal $name:literal $access:ident, $needs:expr, $run:expr) => {
        $crate::operation::Operation {
            service: ::locum_wire::Service::$service,
            name: $name,
            action: concat!($prefix, ":", $name),
            access: $crate::operation::Access::$access,
            steps: &$crate::operation::Answering {
                action: concat!($prefix, ":", $name),
                // The function first: it tells the compiler what the closure's input is.
                run: $run,
                needs: $needs,
                access: $crate::operation::Access::$access,
            },
        }
    };
}

/// A row whose operation answers nothing but its request id.
macro_rules! silent {
    ($service:ident $prefix:literal $name:literal $access:ident, $needs:expr, $run:expr) => {
        $crate::operation::Operation {
            service: ::locum_wire::Service::$service,
            name: $name,
            action: concat!($prefix, ":", $name),
            access: $crate::operation::Access::$access,
            steps: &$crate::operation::Silent {
                action: concat!($prefix, ":", $name),
                run: $run,
                needs: $needs,
            },
        }
    };
}

pub(crate) use {answering, silent};

/// What an operation came to: the answer, held back until `change` is durable.
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    pub(crate) change: Change,
}

/// What the trail record will tell of this call, filled as the steps learn it.
#[derive(Default)]
pub(crate) struct Draft {
    /// JSON object, empty when the input could not be read.
    pub(crate) request_parameters: String,
    /// JSON object, empty when there is nothing to keep.
    pub(crate) response_elements: String,
    /// The resources that the call was about, each with its account; `*` is not listed.
    pub(crate) resources: SmallVec<[(String, AccountId); 1]>,
    /// ARNs of further ones, which nobody was asked about.
    pub(crate) also_about: Vec<String>,
}

/// Steps 5 to 7 of a call, the same for every operation; the type of input and output is erased here.
pub(crate) trait Steps: Sync {
    fn run(
        &self,
        cx: &Cx<'_>,
        state: &Snapshot,
        caller: &Caller,
        call: &Call<'_>,
        request_id: &str,
        draft: &mut Draft,
    ) -> Result<Outcome, ApiError>;
}

type NeedsOf<I> =
    for<'a> fn(&'a Cx<'a>, &'a Snapshot, &'a Caller, &'a I) -> Result<Needs<'a>, ApiError>;

type RunOf<I, T> = fn(&Cx<'_>, &Snapshot, &Caller, &Grant, I) -> Result<T, ApiError>;

/// An operation with an answer.
pub(crate) struct Answering<I, O> {
    pub(crate) action: &'static str,
    pub(crate) needs: NeedsOf<I>,
    pub(crate) run: RunOf<I, (O, Change)>,
    pub(crate) access: Access,
}

/// An operation whose answer holds nothing but its request id.
pub(crate) struct Silent<I> {
    pub(crate) action: &'static str,
    pub(crate) needs: NeedsOf<I>,
    pub(crate) run: RunOf<I, Change>,
}

/// Step 5, decode and validate, and step 6, authorize.
fn admit<I: Structure>(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    call: &Call<'_>,
    (action, needs): (&'static str, NeedsOf<I>),
    draft: &mut Draft,
) -> Result<(I, Grant), ApiError> {
    let input: I = call.read().map_err(ApiError::Input)?;
    // AWS ignores what it does not know; here a wish that is not enforced is refused.
    let unknown = call.unknown_parameters::<I>().map_err(ApiError::Input)?;
    if let Some(parameter) = unknown.into_iter().next() {
        let name = crate::json::clip(&parameter, limits::PARAMETER_NAME_BYTES_SHOWN_MAX);
        return Err(ApiError::UnknownParameter(name.to_owned()));
    }
    draft.request_parameters.clear();
    draft
        .request_parameters
        .reserve(limits::RECORD_PART_BYTES_USUAL);
    locum_wire::write_record(&input, &mut draft.request_parameters);
    let grant = {
        let needs = needs(cx, state, caller, &input)?;
        tell_resources(draft, &needs);
        needs.tell_inherited_tags(&mut draft.request_parameters);
        authorize(cx, state, caller, action, &needs)?
    };
    Ok((input, grant))
}

/// The resources of a call, for its record: its own first, then those that it hands on or makes.
fn tell_resources(draft: &mut Draft, needs: &Needs<'_>) {
    let own = std::iter::once(&needs.resource).chain(&needs.also_on);
    let own = own.map(|resource| (resource, needs.resource_account));
    let further = needs.further.iter();
    let further = further.map(|(_, further)| (&further.resource, further.resource_account));
    draft.resources.clear();
    for (resource, account) in own.chain(further) {
        let is_told = draft.resources.iter().any(|(told, _)| told == resource);
        if resource != "*" && !is_told {
            draft
                .resources
                .push((resource.clone().into_owned(), account));
        }
    }
    draft.also_about.clear();
    for arn in &needs.told {
        if !draft.resources.iter().any(|(told, _)| told == arn) {
            draft.also_about.push(arn.clone().into_owned());
        }
    }
}

impl<I: Structure, O: Structure> Steps for Answering<I, O> {
    fn run(
        &self,
        cx: &Cx<'_>,
        state: &Snapshot,
        caller: &Caller,
        call: &Call<'_>,
        request_id: &str,
        draft: &mut Draft,
    ) -> Result<Outcome, ApiError> {
        let (input, grant) = admit(cx, state, caller, call, (self.action, self.needs), draft)?;
        let (output, change) = (self.run)(cx, state, caller, &grant, input)?;
        if self.access != Access::Read {
            draft.response_elements.clear();
            draft
                .response_elements
                .reserve(limits::RECORD_PART_BYTES_USUAL);
            locum_wire::write_record(&output, &mut draft.response_elements);
        }
        Ok(Outcome {
            reply: locum_wire::write_output(&call.info(), &output, request_id),
            change,
        })
    }
}

impl<I: Structure> Steps for Silent<I> {
    fn run(
        &self,
        cx: &Cx<'_>,
        state: &Snapshot,
        caller: &Caller,
        call: &Call<'_>,
        request_id: &str,
        draft: &mut Draft,
    ) -> Result<Outcome, ApiError> {
        let (input, grant) = admit(cx, state, caller, call, (self.action, self.needs), draft)?;
        let change = (self.run)(cx, state, caller, &grant, input)?;
        Ok(Outcome {
            reply: locum_wire::write_empty(&call.info(), request_id),
            change,
        })
    }
}
