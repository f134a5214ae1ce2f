//! Keys and certificates to upload: public keys made once with OpenSSH, certificates made for each test.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256,
};

/// An RSA key of 2,048 bits, as OpenSSH writes it.
pub(crate) const SSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCWPuKVL+5EXRq73DhVnKgl8j/KDTKpPmFhtS1Hm0k2jlXzy3nh8LZoIdX5+J5ClB8ANoGkkY9KKABZFdnGGQCYeiKhxobiPkrAKX8arOxQv4EZlmHUp0RadgwPYE4mFI23ylMnAd4yfZOAu8EhfdCf5oFOHAkLRm4H5PFsjt1EctxnQQOBocU+Fz8dwmH4turD2KwraEHW0V+Fuzsblvzi5+hDn8R/JUD6lfzJnEFNkk4oyqVD4G4pJwiZ+WSxNWqAkyzT029DCwoi72HYtgfgm18MUT2U5owtKjQtjMuxl1LIxp5FRx5aXVGaui4lKkgqKVDQDWCQIU2XSlKzjc4z alice@laptop";
/// The same key as `ssh-keygen -e -m PKCS8` writes it.
pub(crate) const SSH_AS_PEM: &str = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlj7ilS/uRF0au9w4VZyo\nJfI/yg0yqT5hYbUtR5tJNo5V88t54fC2aCHV+fieQpQfADaBpJGPSigAWRXZxhkA\nmHoiocaG4j5KwCl/GqzsUL+BGZZh1KdEWnYMD2BOJhSNt8pTJwHeMn2TgLvBIX3Q\nn+aBThwJC0ZuB+TxbI7dRHLcZ0EDgaHFPhc/HcJh+Lbqw9isK2hB1tFfhbs7G5b8\n4ufoQ5/EfyVA+pX8yZxBTZJOKMqlQ+BuKScImflksTVqgJMs09NvQwsKIu9h2LYH\n4JtfDFE9lOaMLSo0LYzLsZdSyMaeRUceWl1RmrouJSpIKilQ0A1gkCFNl0pSs43O\nMwIDAQAB\n-----END PUBLIC KEY-----\n";
/// The same key as `ssh-keygen -e -m PEM` writes it.
pub(crate) const SSH_AS_PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEAlj7ilS/uRF0au9w4VZyoJfI/yg0yqT5hYbUtR5tJNo5V88t54fC2\naCHV+fieQpQfADaBpJGPSigAWRXZxhkAmHoiocaG4j5KwCl/GqzsUL+BGZZh1KdE\nWnYMD2BOJhSNt8pTJwHeMn2TgLvBIX3Qn+aBThwJC0ZuB+TxbI7dRHLcZ0EDgaHF\nPhc/HcJh+Lbqw9isK2hB1tFfhbs7G5b84ufoQ5/EfyVA+pX8yZxBTZJOKMqlQ+Bu\nKScImflksTVqgJMs09NvQwsKIu9h2LYH4JtfDFE9lOaMLSo0LYzLsZdSyMaeRUce\nWl1RmrouJSpIKilQ0A1gkCFNl0pSs43OMwIDAQAB\n-----END RSA PUBLIC KEY-----\n";
/// Its fingerprint, as `ssh-keygen -E md5 -l` shows it.
pub(crate) const SSH_FINGERPRINT: &str = "e4:3a:86:01:c6:5a:e2:4b:1e:a4:13:2e:45:da:64:99";
/// Another RSA key, of 3,072 bits.
pub(crate) const OTHER_SSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDsgRn+TD2TvmV6ZoDzdqWOEkrfP8UvXW62LDEztc401zVO7TYqM6h9YUPLI8e3xuDo7A6tnVhX4QeNc3Hp+23ivQaFYXSK15UviLChxeSCU9AAH3mQnZ1MAk6alo2p55FYxLpThZa2IBSZsrKXCxLalJpWhUGec11ttRFo1KYco5Zt5jNtjOjnm5PkGLeBNGMLhcJgYlOhRrqZJKTO9jo3e8MP0oKX5ARAUNeQbWDYtF3I6ieZUoZ2dvZsmZJbYU4EtOtGwbEhth4xmA5zDiAyhCAYQAE7sc2Lh7xP8V/iTXSwZ+13MixQk+X557f/T8O4u57xpZmZIGnLo24SNoM9CRGLQEPCQsZHxjCUp5/6hKm327Rzww+WXqoKwZgNuFVCODXlaD5sRw/LD62BStD8jxx1A8ZLsCyLZyRmuSErrW85e9IScDX3/ynbF0DWVNOG0AwSxXRpGTbd5hbyPFHrp8kuWWW/cxYnD0vkbHHC0o+hxrBObBj3Ti4UvqyQewk=";
/// An RSA key of 1,024 bits.
pub(crate) const SHORT_SSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDgPP5AE+1xhM35VzNSs8/uNm+Fi3nOmPy19h2EdMkgJk1JMuNhyQJ0mdNZzuIzpqhY/sw7fgCEg8nV3D15Yhgkx9MWkYdZsrM6oLjT3d/H/frQJUIRWsdVx+LMhSVe3GDYNoIDUMSVwtqIJoegCDHIrEQ7tnUAcZlQWNjZHkU20w==";
/// A key that is no RSA key.
pub(crate) const ED25519_SSH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfGKTkvrPTPrmqRty1TPa8tRz8R1Vu9AIN5b5O7kQk/";

/// A certificate with its private key and what issued it, in PEM.
pub(crate) struct Server {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) chain: String,
    pub(crate) root: String,
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A server's certificate, issued by an intermediate authority under a root.
pub(crate) fn server(name: &str) -> Server {
    let root = CertifiedIssuer::self_signed(authority("root"), key()).expect("a root");
    let middle = authority("intermediate");
    let middle = CertifiedIssuer::signed_by(middle, key(), &root).expect("an intermediate");
    let own = key();
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&own, &middle).expect("a certificate");
    Server {
        certificate: certificate.pem(),
        key: own.serialize_pem(),
        chain: middle.pem(),
        root: root.pem(),
    }
}

pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
