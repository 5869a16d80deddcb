/// GiB, as EBS counts and sells volumes.
package enum Gibibytes {
    /// Rounded up: never 0.
    package static func roundedUp(_ byteCount: Int) -> Int {
        max(1, (byteCount >> 30) + (byteCount % (1 << 30) == 0 ? 0 : 1))
    }
}

/// What EBS allows a volume to be.
package enum VolumeLimits {
    package static let gibibyteRange = 1...65_536
}

extension Volume {
    /// EBS's name of what a volume is like. There is one kind here, and this the name that promises nothing.
    package static let type = "standard"
}
