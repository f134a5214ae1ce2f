//! Calls about one entity in a small account and in one of 5,000 users, 5,000 roles and 1,500 policies.

use std::hint::black_box;

use locum_api::handle;

use crate::client::Client;
use crate::handle::{InProcess, world};
use crate::report::Section;
use crate::requests::{Call, Keys, value};
use crate::timing::{Cost, batch, median_cost};

const ROUNDS: usize = 60;
/// Calls of one round.
const CALLS: usize = 32;

/// How many users, roles and policies an account has. One user is the administrator, and what the
/// calls make needs a place.
#[derive(Clone, Copy)]
struct Size {
    entities: usize,
    policies: usize,
}

const SMALL: Size = Size {
    entities: 10,
    policies: 10,
};
const LARGE: Size = Size {
    entities: 4_950,
    policies: 1_490,
};

/// One account and the numbers of the calls made to it.
struct Account {
    inside: InProcess,
    admin: Keys,
    id: String,
    size: Size,
    made: u64,
}

fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

impl Account {
    fn of(size: Size) -> Account {
        let (inside, admin) = world();
        let who = inside.call(
            &Call {
                service: "sts",
                target: None,
                body: "Action=GetCallerIdentity&Version=2011-06-15",
            },
            &admin,
        );
        let id = crate::client::element(&who, "Account");
        let account = Account {
            inside,
            admin,
            id,
            size,
            made: 0,
        };
        for at in 0..size.policies {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b{at}/*"}}]}}"#
            );
            account.ask(&format!(
                "CreatePolicy&PolicyName=policy-{at:05}&PolicyDocument={}",
                encoded(&text)
            ));
        }
        for at in 0..size.entities {
            let policy = encoded(&account.policy(at % size.policies));
            account.ask(&format!("CreateUser&UserName=user-{at:05}"));
            account.ask(&format!(
                "AttachUserPolicy&UserName=user-{at:05}&PolicyArn={policy}"
            ));
            account.ask(&account.create_role(&format!("role-{at:05}")));
            account.ask(&format!(
                "AttachRolePolicy&RoleName=role-{at:05}&PolicyArn={policy}"
            ));
        }
        account
    }

    fn policy(&self, at: usize) -> String {
        format!("arn:aws:iam::{}:policy/policy-{at:05}", self.id)
    }

    fn create_role(&self, name: &str) -> String {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
            self.id
        );
        format!(
            "CreateRole&RoleName={name}&AssumeRolePolicyDocument={}",
            encoded(&trust)
        )
    }

    fn ask(&self, form: &str) {
        let body = format!("Action={form}&Version=2010-05-08");
        let call = Call {
            service: "iam",
            target: None,
            body: &body,
        };
        self.inside.call(&call, &self.admin);
    }

    /// One round: the form is sent for each number, and what `calls` of them cost together.
    fn round(&mut self, service: &str, calls: usize, form: Form) -> Cost {
        let mut requests = Vec::new();
        let version = match service {
            "sts" => "2011-06-15",
            _ => "2010-05-08",
        };
        for number in 0..CALLS {
            let body = format!("Action={}&Version={version}", form(self, number));
            let call = Call {
                service,
                target: None,
                body: &body,
            };
            self.made += 1;
            requests.push(value(&call, &self.admin, self.inside.now_s, self.made));
        }
        let count = requests.len();
        let mut requests = requests.into_iter();
        let cost = batch(count, |_| {
            let request = requests.next().expect("a request");
            let answer = self
                .inside
                .runtime
                .block_on(handle(&self.inside.world, request));
            assert_eq!(black_box(answer).status(), 200);
        });
        // What belongs together is one figure.
        let calls = calls as f64;
        Cost {
            ns: cost.ns * calls,
            allocations: cost.allocations * calls,
        }
    }
}

/// What a call is about, from its number: entities all over the account, of either size.
fn one(account: &Account, number: usize) -> String {
    format!("{:05}", number * 151 % account.size.entities)
}

fn attach(account: &Account, number: usize, verb: &str) -> String {
    // Not the policy that the role has already.
    let role = number * 151 % account.size.entities;
    let policy = account.policy((role + 1) % account.size.policies);
    format!(
        "{verb}RolePolicy&RoleName=role-{role:05}&PolicyArn={}",
        encoded(&policy)
    )
}

/// The form of the call with a number; two that undo each other come one after the other.
type Form = fn(&Account, usize) -> String;

/// An operation of the table: its name, its service, how many calls make up one figure, and their form.
type Row = (&'static str, &'static str, usize, Form);

const ROWS: &[Row] = &[
    ("GetRole", "iam", 1, |a, n| {
        format!("GetRole&RoleName=role-{}", one(a, n))
    }),
    ("GetUser", "iam", 1, |a, n| {
        format!("GetUser&UserName=user-{}", one(a, n))
    }),
    ("CreateRole and DeleteRole", "iam", 2, |a, n| match n % 2 {
        0 => a.create_role(&format!("new-{}", one(a, n / 2))),
        _ => format!("DeleteRole&RoleName=new-{}", one(a, n / 2)),
    }),
    ("AttachRolePolicy and DetachRolePolicy", "iam", 2, |a, n| {
        attach(a, n / 2, if n % 2 == 0 { "Attach" } else { "Detach" })
    }),
    ("AssumeRole", "sts", 1, |a, n| {
        let arn = format!("arn:aws:iam::{}:role/role-{}", a.id, one(a, n));
        format!(
            "AssumeRole&RoleSessionName=bench-{}-{n}&RoleArn={}",
            a.made,
            encoded(&arn)
        )
    }),
];

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "A large account",
        &format!(
            "Calls about one entity in an account of {} users, {} roles and {} policies, and in one of 5,000, 5,000 and \
             1,500: `locum_api::handle` in one process with the memory engine, {ROUNDS} rounds of {CALLS} calls in turn, \
             median. Calls that undo each other make up one figure.",
            SMALL.entities, SMALL.entities, SMALL.policies
        ),
        &[
            "operation",
            "small, CPU",
            "large, CPU",
            "ratio",
            "small, allocations",
            "large, allocations",
        ],
    );
    let (mut small, mut large) = (Account::of(SMALL), Account::of(LARGE));
    for (name, service, calls, form) in ROWS {
        let mut costs = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS + ROUNDS / 10 {
            for (account, costs) in [&mut small, &mut large].into_iter().zip(&mut costs) {
                let cost = account.round(service, *calls, *form);
                // The first rounds fill caches.
                if round >= ROUNDS / 10 {
                    costs.push(cost);
                }
            }
        }
        let [in_small, in_large] = costs.map(|costs| median_cost(&costs));
        section.row(&[
            (*name).to_owned(),
            format!("{:.1} µs", in_small.ns / 1_000.0),
            format!("{:.1} µs", in_large.ns / 1_000.0),
            format!("{:.2}×", in_large.ns / in_small.ns),
            format!("{:.0}", in_small.allocations),
            format!("{:.0}", in_large.allocations),
        ]);
    }
    section
}
