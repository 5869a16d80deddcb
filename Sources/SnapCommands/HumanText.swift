/// Quantities in words for people: binary units, one decimal.
enum HumanText {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// `512 B`, `1.5 GiB`.
    static func bytes(_ byteCount: Int) -> String {
        guard byteCount >= 1_024 else { return "\(byteCount) B" }
        return scaled(Double(byteCount))
    }

    /// `812.3 MiB/s`; nothing useful to say is `–`.
    static func rate(_ bytesPerSecond: Double) -> String {
        guard bytesPerSecond.isFinite, bytesPerSecond >= 1 else { return "–" }
        return scaled(bytesPerSecond) + "/s"
    }

    /// `0:42`, `1:02:03`, `3 d 4 h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
        let whole = Int(seconds.rounded())
        if whole >= 172_800 { return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h" }
        let rest = twoDigits(whole / 60 % 60) + ":" + twoDigits(whole % 60)
        if whole >= 3_600 { return "\(whole / 3_600):" + rest }
        return "\(whole / 60):" + twoDigits(whole % 60)
    }

    /// `1 snapshot`, `2 snapshots`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// One decimal, rounded half away from zero.
    static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func twoDecimals(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100)." + twoDigits(hundredths % 100)
    }

    private static func scaled(_ value: Double) -> String {
        var (value, unit) = (value, 0)
        // 1,023.95 would be printed as 1024.0: it belongs to the next unit already.
        while value >= 1_023.95, unit < units.count - 1 { (value, unit) = (value / 1_024, unit + 1) }
        return oneDecimal(value) + " " + units[unit]
    }

    private static func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
