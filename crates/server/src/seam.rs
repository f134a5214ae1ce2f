//! What the edge needs of the function it serves, so that tests can serve another one.

use std::future::Future;

use bytes::Bytes;

use crate::metrics::Figure;
use crate::operator::{OperatorRefusal, OperatorRequest, Peer};

pub use locum_api::{EdgeRefusal, Request, TlsDetails};

/// What came of a call: the response, and which row of the table of operations it was.
pub struct Answer {
    /// What is sent back.
    pub response: http::Response<Bytes>,
    /// Index of the operation in [`Handler::operations`]; `None` when no operation was recognised.
    pub operation: Option<usize>,
}

/// The function behind the sockets. One value serves all connections.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. Dropped when the client goes away before the end.
    fn handle(&self, request: Request) -> impl Future<Output = Answer> + Send;

    /// Records what the edge refuses by itself; answers whether that is done. `request` has no body, and
    /// nothing but its peer when the rest is gone.
    fn refused(
        &self,
        _request: Request,
        _refusal: EdgeRefusal,
        _request_id: String,
    ) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }

    /// Does the store accept commits? Asked by `/readyz`.
    fn ready(&self) -> impl Future<Output = bool> + Send;

    /// Called once, when the last call was answered and the server ends in good order.
    fn stopped(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// The operations that metrics are kept for: service and name.
    fn operations(&self) -> Vec<(&'static str, &'static str)>;
}

/// The function behind the operator's socket.
pub trait Operator: Send + Sync + 'static {
    /// Does what is asked, leaving a record, and answers the result as JSON. Runs on the main thread.
    fn call(
        &self,
        request: OperatorRequest,
        peer: Peer,
    ) -> impl Future<Output = Result<serde_json::Value, OperatorRefusal>>;
}

/// What a server serves, ready to go.
pub struct Hosted<H, O> {
    /// Behind the sockets.
    pub handler: H,
    /// Behind the operator's socket.
    pub operator: O,
    /// The management account, for the ready line.
    pub account_id: String,
    /// Figures of the store, asked for when metrics are read.
    pub figures: Box<dyn Fn() -> Vec<Figure> + Send + Sync>,
}
