//! The device that runs a model: what may be asked for, and what is there.

use crate::{Error, Result};
use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use serde::{Serialize, Serializer};
use std::fmt::{self, Display};
use std::str::FromStr;

/// A device that may run a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA card by its number.
    Cuda(i32),
    /// An NVIDIA card by its number, through `TensorRT`, which compiles the model first.
    TensorRt(i32),
    /// What Intel's `OpenVINO` calls a device, such as `GPU`; its own choice if empty.
    OpenVino(String),
    /// What Apple's system picks.
    CoreMl,
    /// A card by its number, on Windows.
    DirectMl(i32),
}

/// The device asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first graphics card that works, else the processor.
    #[default]
    Auto,
    /// This one and no other.
    Only(Device),
}

/// What `--device` takes.
pub const DEVICES: &str =
    "auto, cpu, cuda[:n], tensorrt[:n], openvino[:device], coreml or directml[:n]";

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Setting {
            name: "device".into(),
            seen: text.to_owned(),
            wanted: DEVICES.into(),
        };
        let (name, part) = match text.split_once(':') {
            Some((name, part)) if !part.is_empty() => (name, Some(part)),
            Some(_) => return Err(wrong()),
            None => (text, None),
        };
        let number = || match part {
            None => Ok(0),
            Some(part) => part.parse().ok().filter(|n| *n >= 0).ok_or_else(wrong),
        };
        let device = match (name.to_ascii_lowercase().as_str(), part) {
            ("auto", None) => return Ok(Self::Auto),
            ("cpu", None) => Device::Cpu,
            ("cuda", _) => Device::Cuda(number()?),
            ("tensorrt", _) => Device::TensorRt(number()?),
            ("openvino", part) => Device::OpenVino(part.unwrap_or_default().to_uppercase()),
            ("coreml", None) => Device::CoreMl,
            ("directml", _) => Device::DirectMl(number()?),
            _ => return Err(wrong()),
        };
        Ok(Self::Only(device))
    }
}

impl Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
            Self::TensorRt(n) => write!(f, "tensorrt:{n}"),
            Self::OpenVino(part) if part.is_empty() => f.write_str("openvino"),
            Self::OpenVino(part) => write!(f, "openvino:{part}"),
            Self::CoreMl => f.write_str("coreml"),
            Self::DirectMl(n) => write!(f, "directml:{n}"),
        }
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl DeviceChoice {
    /// The devices to try, in order: those that the library in use was built with.
    /// A device asked for by name that it was not built with is an error.
    pub(super) fn candidates(&self) -> Result<Vec<Device>> {
        match self {
            // TensorRT compiles for minutes, and OpenVINO may be slower than the
            // processor alone: both only on demand.
            Self::Auto => Ok([Device::Cuda(0), Device::DirectMl(0), Device::CoreMl]
                .into_iter()
                .filter(Device::is_built_in)
                .chain([Device::Cpu])
                .collect()),
            Self::Only(device) if device.is_built_in() => Ok(vec![device.clone()]),
            Self::Only(device) => Err(Error::Device {
                device: device.to_string(),
                problem: "is not in the ONNX Runtime library in use".into(),
            }),
        }
    }
}

impl Device {
    fn is_built_in(&self) -> bool {
        let answer = match self {
            Self::Cpu => Ok(true),
            Self::Cuda(_) => ep::CUDA::is_available(),
            Self::TensorRt(_) => ep::TensorRT::is_available(),
            Self::OpenVino(_) => ep::OpenVINO::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            Self::DirectMl(_) => ep::DirectML::is_available(),
        };
        answer.unwrap_or(false)
    }

    /// What makes a session run there; nothing for the processor.
    pub(super) fn provider(&self) -> Option<ExecutionProviderDispatch> {
        let provider = match self {
            Self::Cpu => return None,
            Self::Cuda(n) => ep::CUDA::default().with_device_id(*n).build(),
            Self::TensorRt(n) => ep::TensorRT::default().with_device_id(*n).build(),
            Self::OpenVino(part) if part.is_empty() => ep::OpenVINO::default().build(),
            Self::OpenVino(part) => ep::OpenVINO::default().with_device_type(part).build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::DirectMl(n) => ep::DirectML::default().with_device_id(*n).build(),
        };
        Some(provider.error_on_failure())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for text in [
            "cpu",
            "cuda:1",
            "tensorrt:0",
            "openvino",
            "openvino:GPU",
            "coreml",
            "directml:2",
        ] {
            let DeviceChoice::Only(device) = text.parse().unwrap() else {
                panic!("{text}");
            };
            assert_eq!(device.to_string(), text);
        }
        assert_eq!(
            "cuda".parse::<DeviceChoice>().unwrap(),
            DeviceChoice::Only(Device::Cuda(0))
        );
        for text in ["gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "auto:1", ""] {
            let message = text.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(message.contains("wanted auto, cpu"), "{message}");
        }
    }
}
