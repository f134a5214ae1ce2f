//! Pages of Organizations' lists: `NextToken` bound to its call.

use crate::error::ApiError;
use crate::iam::page;

/// Items of a page when the caller does not say; also the most that it may ask for.
const ITEMS_DEFAULT: i32 = 20;

/// One page of `rest`, which must be sorted by `name`; `start` makes the list after a name.
pub(super) fn take<S, T, I: Iterator<Item = S>>(
    binding: &str,
    token: Option<&str>,
    max_results: Option<i32>,
    start: impl FnOnce(&str) -> I,
    name: impl Fn(&S) -> &str,
    show: impl Fn(S) -> T,
) -> Result<page::Page<T>, ApiError> {
    let after = page::after(binding, token).map_err(|_| ApiError::Organizations {
        code: "InvalidInputException",
        message: "You specified an invalid value for NextToken.",
    })?;
    let items = Some(max_results.unwrap_or(ITEMS_DEFAULT));
    page::take(binding, start(&after), items, name, |item| Ok(show(item)))
}
