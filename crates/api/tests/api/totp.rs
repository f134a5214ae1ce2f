//! A virtual MFA device in the user's hand: its serial number, its seed, and the codes it shows.

use aws_lc_rs::hmac;
use locum_wire::iam::{
    CreateVirtualMFADeviceRequest, CreateVirtualMFADeviceResponse, EnableMFADeviceRequest,
};

use crate::common::{Keys, Lab, Refused};

#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) serial: String,
    seed: Vec<u8>,
}

impl Device {
    /// Makes a device that nobody has yet.
    pub(crate) fn new(lab: &Lab, by: &Keys, name: &str) -> Device {
        let input = CreateVirtualMFADeviceRequest {
            virtual_mfa_device_name: name.to_owned(),
            ..CreateVirtualMFADeviceRequest::default()
        };
        let output: CreateVirtualMFADeviceResponse = lab
            .iam(by, "CreateVirtualMFADevice", &input)
            .expect("CreateVirtualMFADevice");
        let made = output.virtual_mfa_device;
        let text = made.base32_string_seed.expect("a seed");
        Device {
            serial: made.serial_number,
            seed: decoded(&text),
        }
    }

    /// Makes a device and assigns it; its clock has gone on by a minute then.
    pub(crate) fn of(lab: &Lab, user: &str) -> Device {
        let device = Device::new(lab, &lab.admin, user);
        device.enable(lab, user, 0).expect("EnableMFADevice");
        lab.pass(60);
        device
    }

    /// Assigns it by the codes of the step before now and of now, moved by `steps`.
    pub(crate) fn enable(&self, lab: &Lab, user: &str, steps: i64) -> Result<(), Refused> {
        let input = EnableMFADeviceRequest {
            user_name: user.to_owned(),
            serial_number: self.serial.clone(),
            authentication_code1: self.code(lab, steps - 1),
            authentication_code2: self.code(lab, steps),
        };
        lab.tell(&lab.admin, "EnableMFADevice", &input)
    }

    /// What it shows `steps` half minutes from now.
    pub(crate) fn code(&self, lab: &Lab, steps: i64) -> String {
        let step = lab.now_s().div_euclid(30) + steps;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.seed);
        let digest = hmac::sign(&key, &step.to_be_bytes());
        let bytes = digest.as_ref();
        let at = usize::from(bytes[19] & 15);
        let word = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// A code that it does not show anywhere near now.
    pub(crate) fn wrong(&self, lab: &Lab) -> String {
        let near: Vec<String> = (-200..200).map(|steps| self.code(lab, steps)).collect();
        let mut codes = (0..1_000).map(|number| format!("{number:06}"));
        codes
            .find(|code| !near.contains(code))
            .expect("a code that is not shown")
    }
}

fn decoded(text: &[u8]) -> Vec<u8> {
    assert_eq!(text.len(), 64, "characters of a seed");
    let value = |byte: &u8| match byte {
        b'A'..=b'Z' => u64::from(byte - b'A'),
        b'2'..=b'7' => u64::from(byte - b'2') + 26,
        other => panic!("{other} is no base 32"),
    };
    let groups = text.chunks(8).map(|chunk| {
        let group = chunk
            .iter()
            .fold(0u64, |group, byte| (group << 5) | value(byte));
        group.to_be_bytes()[3..].to_vec()
    });
    groups.flatten().collect()
}
