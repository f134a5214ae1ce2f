//! Collects a request body of known bounds into one buffer, without a copy when it came in one piece.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::limits;

/// Why there is no whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is or says it will be longer than allowed.
    TooLarge,
    /// The client went away or broke the protocol.
    Broken,
}

/// The whole of `body`, at most `bytes_max` long. A body that announces more is refused unread.
pub(crate) async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, BodyFault> {
    let announced = body.size_hint().exact().map(usize::try_from);
    let announced = match announced {
        Some(Ok(0)) => return Ok(Bytes::new()),
        Some(Ok(bytes)) if bytes <= bytes_max => Some(bytes),
        Some(_) => return Err(BodyFault::TooLarge),
        None => None,
    };
    let Some(first) = next(&mut body).await? else {
        return if announced.is_some() {
            Err(BodyFault::Broken)
        } else {
            Ok(Bytes::new())
        };
    };
    if announced == Some(first.len()) {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(
        announced
            .unwrap_or(0)
            .min(limits::BODY_BYTES_AT_ONCE)
            .max(first.len()),
    );
    whole.extend_from_slice(&first);
    let mut frames = 0;
    while announced.is_none_or(|bytes| whole.len() < bytes) {
        let Some(data) = next(&mut body).await? else {
            break;
        };
        frames += 1;
        if whole.len() + data.len() > bytes_max || frames > limits::BODY_FRAMES_MAX {
            return Err(BodyFault::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    if whole.len() > bytes_max {
        return Err(BodyFault::TooLarge);
    }
    match announced {
        Some(bytes) if bytes != whole.len() => Err(BodyFault::Broken),
        _ => Ok(whole.freeze()),
    }
}

/// The next data of the body; trailers are dropped.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BodyFault> {
    for _ in 0..2 {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyFault::Broken),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
    Ok(None)
}
