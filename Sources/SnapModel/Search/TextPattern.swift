/// A value of a filter, as EC2 reads it: `*` stands for any characters, `?` for one, and `\` takes its meaning from the
/// character after it. Case counts. A character is a Unicode scalar.
package struct TextPattern: Hashable, Sendable {
    private enum Piece: Hashable {
        case character(Unicode.Scalar)
        case one
        case any
    }

    private let pieces: [Piece]

    package init(_ text: String) {
        var pieces: [Piece] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case _ where isEscaped: pieces.append(.character(scalar))
            case "\\": break
            case "*": pieces.append(.any)
            case "?": pieces.append(.one)
            default: pieces.append(.character(scalar))
            }
            isEscaped = scalar == "\\" && !isEscaped
        }
        // The last of the text takes no meaning from anything.
        if isEscaped { pieces.append(.character("\\")) }
        self.pieces = pieces
    }

    /// What the pattern begins with before its first wildcard.
    package var prefix: String { Self.text(of: pieces[..<firstWildcard]) }

    /// The one text that matches; nil when there is a wildcard.
    package var literal: String? { firstWildcard == pieces.endIndex ? prefix : nil }

    /// The same as a pattern of SQLite's GLOB operator, which has classes in brackets and no escape.
    package var glob: String {
        var glob = String.UnicodeScalarView()
        for piece in pieces {
            switch piece {
            case .any: glob.append("*")
            case .one: glob.append("?")
            case .character(let scalar) where scalar == "*" || scalar == "?" || scalar == "[":
                glob.append(contentsOf: ["[", scalar, "]"])
            case .character(let scalar): glob.append(scalar)
            }
        }
        return String(glob)
    }

    /// In time proportional to the product of the lengths at worst, whatever the pattern.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (piece, position) = (0, 0)
        // Where to go back to: the last `*`, and the first character that it does not cover yet.
        var retry: (piece: Int, position: Int)?
        while position < scalars.count {
            if piece < pieces.count, pieces[piece] == .any {
                piece += 1
                retry = (piece, position)
            } else if piece < pieces.count, pieces[piece] == .one || pieces[piece] == .character(scalars[position]) {
                (piece, position) = (piece + 1, position + 1)
            } else if let last = retry {
                retry = (last.piece, last.position + 1)
                (piece, position) = (last.piece, last.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .any }
    }

    /// Whether a time is meant, as EBS shows it. Without wildcards it is compared as a time, whose fraction may be left out.
    package func matches(_ time: Timestamp) -> Bool {
        literal.map { Timestamp($0) == time } ?? matches(time.description)
    }

    private var firstWildcard: Int { pieces.firstIndex { $0 == .any || $0 == .one } ?? pieces.endIndex }

    private static func text(of pieces: ArraySlice<Piece>) -> String {
        var text = String.UnicodeScalarView()
        for case .character(let scalar) in pieces { text.append(scalar) }
        return String(text)
    }
}
