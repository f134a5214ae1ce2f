//! Virtual MFA devices: made, assigned by two codes in a row, synchronised, tagged, listed, taken away.

use locum_wire::iam::{
    CreateVirtualMFADeviceRequest, CreateVirtualMFADeviceResponse, EnableMFADeviceRequest,
    GetMFADeviceRequest, GetMFADeviceResponse, ListMFADevicesRequest, ListMFADevicesResponse,
    ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse, ResyncMFADeviceRequest,
};

use crate::common::{Lab, Refused, START_S, check};
use crate::totp::Device;

const WRONG: &str = "Authentication code for device is not valid.";

fn virtual_devices(lab: &Lab, status: Option<&str>) -> Vec<(String, Option<String>)> {
    let input = ListVirtualMFADevicesRequest {
        assignment_status: status.map(str::to_owned),
        ..ListVirtualMFADevicesRequest::default()
    };
    let output: ListVirtualMFADevicesResponse = lab
        .iam(&lab.admin, "ListVirtualMFADevices", &input)
        .expect("ListVirtualMFADevices");
    let devices = output.virtual_mfa_devices.into_iter();
    devices
        .map(|device| {
            assert!(device.base32_string_seed.is_none() && device.qr_code_png.is_none());
            assert_eq!(device.user.is_some(), device.enable_date.is_some());
            (device.serial_number, device.user.map(|user| user.user_name))
        })
        .collect()
}

fn resync(lab: &Lab, device: &Device, steps: [i64; 2]) -> Result<(), Refused> {
    let input = ResyncMFADeviceRequest {
        user_name: "alice".to_owned(),
        serial_number: device.serial.clone(),
        authentication_code1: device.code(lab, steps[0]),
        authentication_code2: device.code(lab, steps[1]),
    };
    lab.tell(&lab.admin, "ResyncMFADevice", &input)
}

#[test]
fn a_device_is_made_with_its_seed_as_text_and_as_a_picture() {
    let lab = Lab::new();
    let input = CreateVirtualMFADeviceRequest {
        path: Some("/mobile/".to_owned()),
        virtual_mfa_device_name: "Phone".to_owned(),
        ..CreateVirtualMFADeviceRequest::default()
    };
    let made: CreateVirtualMFADeviceResponse = lab
        .iam(&lab.admin, "CreateVirtualMFADevice", &input)
        .expect("CreateVirtualMFADevice");
    let device = made.virtual_mfa_device;
    let serial = format!("arn:aws:iam::{}:mfa/mobile/Phone", lab.account);
    assert_eq!(device.serial_number, serial);
    assert!(device.enable_date.is_none() && device.user.is_none());
    let picture = device.qr_code_png.expect("a picture");
    let decoder = png::Decoder::new(std::io::Cursor::new(picture));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!(info.width, info.height);
    // The link, coded anew, is the picture.
    let seed = String::from_utf8(device.base32_string_seed.expect("a seed")).expect("text");
    let link = format!(
        "otpauth://totp/Locum:Phone@{}?secret={seed}&issuer=Locum",
        lab.account
    );
    let code = qrcodegen::QrCode::encode_text(&link, qrcodegen::QrCodeEcc::Medium).expect("QR");
    let side = usize::try_from(info.width).expect("a size");
    for y in 0..code.size() {
        for x in 0..code.size() {
            let at = |place: i32| usize::try_from((place + 4) * 5).expect("a pixel");
            let dark = pixels[at(y) * side + at(x)] == 0;
            assert_eq!(dark, code.get_module(x, y), "{x} {y}");
        }
    }
    let again: Result<CreateVirtualMFADeviceResponse, _> =
        lab.iam(&lab.admin, "CreateVirtualMFADevice", &input);
    check(
        again,
        409,
        "EntityAlreadyExists",
        "MFA device already exists.",
    );
}

#[test]
fn a_device_is_assigned_by_two_codes_in_a_row_and_by_nothing_else() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let device = Device::new(&lab, &lab.admin, "phone");
    let enable = |codes: [String; 2]| {
        let [authentication_code1, authentication_code2] = codes;
        let input = EnableMFADeviceRequest {
            user_name: "alice".to_owned(),
            serial_number: device.serial.clone(),
            authentication_code1,
            authentication_code2,
        };
        lab.tell(&lab.admin, "EnableMFADevice", &input)
    };
    for codes in [
        [device.code(&lab, 0), device.code(&lab, 0)],
        [device.code(&lab, 1), device.code(&lab, 0)],
        [device.code(&lab, 0), device.code(&lab, 2)],
        [device.code(&lab, 0), device.wrong(&lab)],
        [device.code(&lab, 62), device.code(&lab, 63)],
    ] {
        check(enable(codes), 403, "InvalidAuthenticationCode", WRONG);
    }
    assert_eq!(virtual_devices(&lab, Some("Unassigned")).len(), 1);
    enable([device.code(&lab, 0), device.code(&lab, 1)]).expect("EnableMFADevice");
    let taken = enable([device.code(&lab, 2), device.code(&lab, 3)]);
    check(
        taken,
        409,
        "EntityAlreadyExists",
        "MFA Device is already in use.",
    );
    let alice = Some("alice".to_owned());
    let assigned = vec![(device.serial.clone(), alice)];
    assert_eq!(virtual_devices(&lab, None), assigned);
    assert_eq!(virtual_devices(&lab, Some("Assigned")), assigned);
    assert_eq!(virtual_devices(&lab, Some("Unassigned")), []);
    let input = ListMFADevicesRequest {
        user_name: Some("alice".to_owned()),
        ..ListMFADevicesRequest::default()
    };
    let listed: ListMFADevicesResponse = lab
        .iam(&lab.admin, "ListMFADevices", &input)
        .expect("ListMFADevices");
    let [held] = &listed.mfa_devices[..] else {
        panic!("one device: {listed:?}")
    };
    assert_eq!(
        (&*held.serial_number, &*held.user_name, held.enable_date.0),
        (&*device.serial, "alice", START_S)
    );
    let input = GetMFADeviceRequest {
        user_name: Some("alice".to_owned()),
        serial_number: device.serial.clone(),
    };
    let got: GetMFADeviceResponse = lab
        .iam(&lab.admin, "GetMFADevice", &input)
        .expect("GetMFADevice");
    assert_eq!(got.enable_date.map(|date| date.0), Some(START_S));
}

#[test]
fn a_device_is_let_go_before_it_or_its_user_is_deleted_and_a_rename_keeps_it() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let device = Device::of(&lab, "alice");
    let serial = &device.serial;
    let in_use = lab.ask(&format!(
        "Action=DeleteVirtualMFADevice&SerialNumber={serial}"
    ));
    let sentence = "MFA VirtualDevice in use. Must deactivate first.";
    check(in_use, 409, "DeleteConflict", sentence);
    let held = lab.ask("Action=DeleteUser&UserName=alice");
    let sentence = "Cannot delete entity, must delete MFA device first.";
    check(held, 409, "DeleteConflict", sentence);
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=alicia")
        .expect("rename");
    assert_eq!(
        virtual_devices(&lab, None),
        [(serial.clone(), Some("alicia".to_owned()))]
    );
    // Somebody of the old name has none of it.
    lab.user(&lab.admin, "alice");
    let absent = format!("MFA Device with serial number {serial} does not exist.");
    for operation in ["DeactivateMFADevice", "GetMFADevice"] {
        let form = format!("Action={operation}&UserName=alice&SerialNumber={serial}");
        check(lab.ask(&form), 404, "NoSuchEntity", &absent);
    }
    lab.ask(&format!(
        "Action=DeactivateMFADevice&UserName=alicia&SerialNumber={serial}"
    ))
    .expect("deactivate");
    assert_eq!(virtual_devices(&lab, None), [(serial.clone(), None)]);
    lab.ask("Action=DeleteUser&UserName=alicia").expect("free");
    // A second owner cannot be given codes that the first one used.
    let refused = device.enable(&lab, "alice", -2);
    check(refused, 403, "InvalidAuthenticationCode", WRONG);
    device.enable(&lab, "alice", 0).expect("new codes");
    lab.ask(&format!(
        "Action=DeactivateMFADevice&UserName=alice&SerialNumber={serial}"
    ))
    .expect("deactivate");
    lab.ask(&format!(
        "Action=DeleteVirtualMFADevice&SerialNumber={serial}"
    ))
    .expect("delete");
    assert_eq!(virtual_devices(&lab, None), []);
}

#[test]
fn a_device_whose_clock_is_off_is_synchronised() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let device = Device::of(&lab, "alice");
    let wrong = resync(&lab, &device, [5, 7]);
    check(wrong, 403, "InvalidAuthenticationCode", WRONG);
    resync(&lab, &device, [20, 21]).expect("ResyncMFADevice");
    // The codes that did it, and all before them, are used up.
    let again = resync(&lab, &device, [20, 21]);
    check(again, 403, "InvalidAuthenticationCode", WRONG);
    let before = resync(&lab, &device, [0, 1]);
    check(before, 403, "InvalidAuthenticationCode", WRONG);
    // Nor does the second of two serve as the first of the next two.
    let overlapping = resync(&lab, &device, [21, 22]);
    check(overlapping, 403, "InvalidAuthenticationCode", WRONG);
    resync(&lab, &device, [22, 23]).expect("ResyncMFADevice");
}

#[test]
fn wrong_codes_of_a_synchronisation_are_counted_up_to_a_limit() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let device = Device::of(&lab, "alice");
    for _ in 0..10 {
        let wrong = resync(&lab, &device, [5, 7]);
        check(wrong, 403, "InvalidAuthenticationCode", WRONG);
    }
    let locked = resync(&lab, &device, [0, 1]);
    check(locked, 403, "InvalidAuthenticationCode", WRONG);
    lab.pass(901);
    resync(&lab, &device, [0, 1]).expect("after a quarter of an hour");
}

#[test]
fn what_devices_refuse() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let other = lab.other("other");
    let theirs = Device::new(&lab, &other.root, "phone");
    let ours = Device::new(&lab, &lab.admin, "phone");
    for serial in [
        &theirs.serial,
        &ours.serial.replace("phone", "Phone"),
        &ours.serial.replace("phone", "x/phone"),
        &ours.serial.replace("arn:aws:", "arn:aws-cn:"),
        "GAHT12345678",
    ] {
        let absent = format!("MFA Device with serial number {serial} does not exist.");
        for form in [
            format!(
                "Action=EnableMFADevice&UserName=alice&SerialNumber={serial}&AuthenticationCode1=123456&AuthenticationCode2=654321"
            ),
            format!("Action=DeleteVirtualMFADevice&SerialNumber={serial}"),
            format!("Action=ListMFADeviceTags&SerialNumber={serial}"),
            format!(
                "Action=TagMFADevice&SerialNumber={serial}&Tags.member.1.Key=a&Tags.member.1.Value=b"
            ),
        ] {
            check(lab.ask(&form), 404, "NoSuchEntity", &absent);
        }
    }
    ours.enable(&lab, "alice", 0).expect("EnableMFADevice");
    for number in 1..8 {
        let device = Device::new(&lab, &lab.admin, &format!("d{number}"));
        device.enable(&lab, "alice", 0).expect("EnableMFADevice");
    }
    let ninth = Device::new(&lab, &lab.admin, "ninth");
    let quota = "Cannot exceed quota for MFADevicesPerUser: 8";
    check(ninth.enable(&lab, "alice", 0), 409, "LimitExceeded", quota);
    let long = "x".repeat(240);
    let form = format!("Action=CreateVirtualMFADevice&VirtualMFADeviceName={long}");
    let sentence = "The serial number that path and name make is longer than 256 characters.";
    check(lab.ask(&form), 400, "ValidationError", sentence);
}

#[test]
fn int_06_neither_seeds_nor_codes_are_in_the_trail() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let form = "Action=CreateVirtualMFADevice&VirtualMFADeviceName=phone";
    let answer = lab.form(&lab.admin, locum_wire::Service::Iam, form);
    let event = answer.event.expect("a record");
    let told = &event["responseElements"]["virtualMFADevice"];
    assert!(told["serialNumber"].is_string(), "{event}");
    assert!(told.get("base32StringSeed").is_none(), "{event}");
    assert!(told.get("qRCodePNG").is_none(), "{event}");
    let text = event.to_string();
    assert!(
        !text.contains("otpauth") && !text.contains("iVBOR"),
        "{text}"
    );
    let form = format!(
        "Action=EnableMFADevice&UserName=alice&SerialNumber=arn:aws:iam::{}:mfa/phone&AuthenticationCode1=123456&AuthenticationCode2=654321",
        lab.account
    );
    let answer = lab.form(&lab.admin, locum_wire::Service::Iam, &form);
    let event = answer.event.expect("a record");
    assert_eq!(event["errorCode"], "InvalidAuthenticationCodeException");
    let parameters = event["requestParameters"].to_string();
    assert!(parameters.contains("alice"), "{parameters}");
    assert!(!parameters.contains("123456") && !parameters.contains("654321"));
}
