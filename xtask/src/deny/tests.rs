//! Licence expressions and whether they can be met.

use super::licensed;

fn check(expression: &str, met: bool) {
    let allow = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    assert_eq!(licensed(expression, &allow), met, "{expression}");
}

#[test]
fn expressions() {
    check("MIT", true);
    check("GPL-3.0", false);
    check("", false);
    check("GPL-3.0 OR MIT", true);
    check("GPL-3.0 AND MIT", false);
    check("MIT/GPL-3.0", true);
    check("ISC AND (GPL-3.0 OR MIT)", true);
    check("ISC AND (GPL-3.0 OR BSL-1.1)", false);
    check("GPL-3.0 OR ISC AND GPL-3.0", false);
    check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
    check("MIT GPL-3.0", false);
}
