internal import SnapSystem

/// Colours of a terminal, or none.
struct Style: Sendable {
    var isColoured: Bool

    static let plain = Style(isColoured: false)

    /// Colours on a terminal only, and not where the user asked for none (`NO_COLOR`, `TERM=dumb`).
    static func forStream(_ stream: StandardStream) -> Style {
        let isWanted = Environment.value("NO_COLOR") == nil && Environment.value("TERM") != "dumb"
        return Style(isColoured: isWanted && stream.isTerminal)
    }

    func apply(_ tint: Tint, to text: String) -> String {
        guard isColoured, tint != .none else { return text }
        return "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m"
    }
}

/// What a piece of text stands for; the raw value is its SGR parameter (ECMA-48).
enum Tint: Int, Sendable {
    case none = 0
    case heading = 1
    case bad = 31
    case good = 32
    case waiting = 33
}
