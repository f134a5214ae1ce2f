//! A text as a QR code in a PNG picture, for authenticator apps to read.

use png::{BitDepth, ColorType, Encoder};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::ApiError;

/// Light modules around the code (ISO/IEC 18004).
const QUIET_MODULES: i32 = 4;
/// Pixels of a module.
const MODULE_PIXELS: usize = 5;

/// # Errors
/// `InternalFailure` for a text that is too long for a QR code.
pub(super) fn png(text: &str) -> Result<Vec<u8>, ApiError> {
    let failed = |what: &dyn std::fmt::Display| ApiError::Internal(format!("QR code: {what}"));
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|error| failed(&error))?;
    let modules = -QUIET_MODULES..code.size() + QUIET_MODULES;
    let side = modules.clone().count() * MODULE_PIXELS;
    let mut pixels = Vec::with_capacity(side * side);
    for y in modules.clone() {
        let row = modules.clone().flat_map(|x| {
            let shade = if code.get_module(x, y) { 0 } else { u8::MAX };
            std::iter::repeat_n(shade, MODULE_PIXELS)
        });
        let row: Vec<u8> = row.collect();
        for _ in 0..MODULE_PIXELS {
            pixels.extend_from_slice(&row);
        }
    }
    let mut out = Vec::new();
    let size = u32::try_from(side).map_err(|error| failed(&error))?;
    let mut encoder = Encoder::new(&mut out, size, size);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| failed(&error))?;
    writer
        .write_image_data(&pixels)
        .map_err(|error| failed(&error))?;
    writer.finish().map_err(|error| failed(&error))?;
    Ok(out)
}
