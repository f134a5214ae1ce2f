//! Lists and reports of a large account: bounded pages, complete, and no work that grows with what is behind.

use locum_wire::Service;

use crate::common::Lab;
use crate::{Cost, account, alone, call, large};

/// Bytes that may be asked for while one page of a hundred is made.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of an answer with authorization details: its documents and what stands around them.
const DETAILS_BYTES_MAX: usize = 2 * 1024 * 1024;

fn text<'a>(body: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{element}>"))?;
    rest.split('<').next()
}

/// Every page of a list: bodies and what each took.
fn pages(lab: &Lab, form: &str) -> Vec<(String, Cost)> {
    let mut pages = Vec::new();
    let mut marker = String::new();
    loop {
        let (body, cost) = call(lab, Service::Iam, &format!("Action={form}{marker}"));
        let next = text(&body, "Marker").map(|next| format!("&Marker={next}"));
        let truncated = text(&body, "IsTruncated") == Some("true");
        assert_eq!(truncated, next.is_some(), "{form}");
        pages.push((body, cost));
        match next {
            Some(next) => marker = next,
            None => return pages,
        }
    }
}

/// Checks a list whose items have a `name` element each: complete, in pages of a hundred, in the order
/// of their names, each page as cheap as the first.
fn check_list(lab: &Lab, form: &str, element: &str, count: usize) {
    let pages = pages(lab, form);
    assert_eq!(pages.len(), count.div_ceil(100), "{form}");
    let mut names: Vec<String> = Vec::new();
    for (number, (body, cost)) in pages.iter().enumerate() {
        let open = format!("<{element}>");
        let items = body.split(&open).skip(1);
        let items: Vec<String> = items
            .map(|rest| rest.split('<').next().unwrap_or_default().to_owned())
            .collect();
        assert!(items.len() <= 100, "{form}: {} on a page", items.len());
        names.extend(items);
        assert!(
            cost.bytes <= PAGE_BYTES_MAX,
            "{form}: page {number} took {cost:?}"
        );
        let first = pages[0].1;
        let grown =
            cost.allocations * 10 > first.allocations * 15 || cost.bytes * 10 > first.bytes * 20;
        assert!(
            !grown,
            "{form}: page {number} took {cost:?}, the first {first:?}"
        );
    }
    assert_eq!(names.len(), count, "{form}");
    names.windows(2).for_each(|pair| {
        assert!(pair[0] < pair[1], "{form}: {pair:?}");
    });
}

#[test]
fn lists_of_a_large_account_come_in_pages_of_equal_cost() {
    let _alone = alone();
    let lab = large();
    check_list(&lab, "ListUsers&PathPrefix=/crowd/", "UserName", 4_999);
    check_list(&lab, "ListRoles", "RoleName", 4_999);
    check_list(&lab, "ListPolicies&Scope=Local", "PolicyName", 1_500);
}

#[test]
fn the_holders_of_a_policy_come_in_pages_of_equal_cost() {
    let _alone = alone();
    let lab = large();
    let arn = crate::crowd::policy_arn(&lab, 0);
    let pages = pages(&lab, &format!("ListEntitiesForPolicy&PolicyArn={arn}"));
    assert_eq!(pages.len(), 100);
    let names: usize = pages
        .iter()
        .map(|(body, _)| body.matches("<UserName>").count() + body.matches("<RoleName>").count())
        .sum();
    assert_eq!(names, 2 * 4_999);
    let first = pages[0].1;
    for (number, (_, cost)) in pages.iter().enumerate() {
        let grown =
            cost.allocations * 10 > first.allocations * 15 || cost.bytes * 10 > first.bytes * 20;
        assert!(!grown, "page {number} took {cost:?}, the first {first:?}");
    }
}

#[test]
fn authorization_details_of_a_large_account_come_in_bounded_pages() {
    let _alone = alone();
    let lab = large();
    let pages = pages(&lab, "GetAccountAuthorizationDetails");
    let (mut users, mut roles, mut policies) = (0, 0, 0);
    for (number, (body, cost)) in pages.iter().enumerate() {
        let of = |element: &str| body.matches(&format!("<{element}>")).count();
        users += of("UserId");
        roles += of("RoleId");
        policies += of("PolicyId");
        let items = of("UserId") + of("RoleId") + of("PolicyId");
        assert!(items <= 100, "{items} on page {number}");
        assert!(
            body.len() <= DETAILS_BYTES_MAX,
            "{} bytes on page {number}",
            body.len()
        );
        assert!(cost.bytes <= PAGE_BYTES_MAX, "page {number} took {cost:?}");
    }
    // The administrator's policy is AWS's and in use.
    assert_eq!((users, roles, policies), (5_000, 4_999, 1_501));
    assert_eq!(pages.len(), 115);
}

#[test]
fn a_credential_report_grows_with_the_users_and_no_faster() {
    let _alone = alone();
    let report = |users: usize| {
        let lab = account(users, 2);
        let (_, made) = call(&lab, Service::Iam, "Action=GenerateCredentialReport");
        let (body, read) = call(&lab, Service::Iam, "Action=GetCredentialReport");
        let content = text(&body, "Content").expect("a report").to_owned();
        (content, made, read)
    };
    let (half, half_made, half_read) = report(2_500);
    let (whole, whole_made, whole_read) = report(4_999);
    let lines = base64_lines(&whole);
    // A head, root and the administrator.
    assert_eq!(lines, 4_999 + 3);
    assert!(base64_lines(&half) * 2 > lines - 10);
    let doubled = |half: usize, whole: usize| whole * 10 <= half * 22;
    for (what, half, whole) in [
        ("made", half_made, whole_made),
        ("read", half_read, whole_read),
    ] {
        assert!(
            doubled(half.allocations, whole.allocations),
            "{what}: {half:?} and {whole:?}"
        );
        assert!(
            doubled(half.bytes, whole.bytes),
            "{what}: {half:?} and {whole:?}"
        );
    }
    // The unpacked report is about a megabyte; the answer holds it in base 64 as well.
    assert!(whole_read.bytes <= 16 * 1024 * 1024, "{whole_read:?}");
}

fn base64_lines(content: &str) -> usize {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(content);
    let text = String::from_utf8(bytes.expect("base 64")).expect("text");
    text.lines().count()
}
