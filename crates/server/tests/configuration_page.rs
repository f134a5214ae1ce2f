//! `docs/configuration.md` is the table of settings, written out; `LOCUM_UPDATE_DOCS=1` rewrites it.

use std::fmt::Write as _;

use locum_server::Config;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

const HEAD: &str = "# Configuration

Every setting is a key of one TOML file (`locum serve --config FILE`), an environment variable and a flag.
A flag stands before a variable, a variable before the file. A key, variable or flag that is not known
stops the start with a sentence that names it.

    data = \"/var/lib/locum\"
    listen = \"10.0.0.5:443\"

    [tls]
    certificate = \"/etc/locum/tls.crt\"
    key = \"/etc/locum/tls.key\"

| key | variable | flag | default | meaning |
|---|---|---|---|---|
";

#[test]
fn the_page_is_the_table() {
    let mut page = HEAD.to_owned();
    for key in Config::reference() {
        let default = match key.default {
            "" => String::new(),
            given => format!("`{given}`"),
        };
        let (name, variable, flag, meaning) = (key.name, key.variable, key.flag, key.meaning);
        let _ = writeln!(
            page,
            "| `{name}` | `{variable}` | `{flag}` | {default} | {meaning} |"
        );
    }
    page.push_str("\nRewritten by `LOCUM_UPDATE_DOCS=1 cargo test -p locum-server --test configuration_page`.\n");
    if std::env::var_os("LOCUM_UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let held = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        held == page,
        "docs/configuration.md is stale: run with LOCUM_UPDATE_DOCS=1"
    );
}
