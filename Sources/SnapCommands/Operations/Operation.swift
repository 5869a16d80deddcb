internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// One action of EC2: `aws ec2 create-snapshot` there, `snapctl create-snapshot` here.
///
/// Its options, its skeletons, its help and the merging of `--cli-input-json` follow from the shapes.
struct Operation: Sendable {
    /// `CreateSnapshot`.
    let name: String
    let abstract: String
    let input: StructureShape
    /// nil where success has no words.
    let output: StructureShape?
    /// The options of snapctl beside those of EC2: their help, and the answer to both.
    let ownHelp: @Sendable () -> String
    let perform: @Sendable (OperationInput, _ ownWords: [String]) throws -> PerformedOperation

    init<Own: OwnOptions>(
        _ name: String, _ abstract: String, input: StructureShape, output: StructureShape?,
        _ perform: @escaping @Sendable (OperationInput, Own) throws -> (any Answer)?
    ) {
        self.name = name
        self.abstract = abstract
        self.input = input
        self.output = output
        // Without its line of usage, which knows nothing of the verb.
        ownHelp = {
            let help = Own.helpMessage(columns: OperationHelp.columnCount)
            return help.split(separator: "\n\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n\n")
        }
        self.perform = { input, words in
            let own: Own
            do { own = try Own.parse(words) } catch { throw OperationUsage(Own.message(for: error)) }
            return PerformedOperation(answer: try perform(input, own), format: own.shared.output ?? .json)
        }
    }

    /// `create-snapshot`.
    var verb: String { OptionName.dashed(name) }
}

/// The options that snapctl has beside those of EC2.
protocol OwnOptions: ParsableArguments {
    var shared: SharedOptions { get }
}

struct PerformedOperation {
    var answer: (any Answer)?
    var format: OutputFormat
}

/// Nothing but where the store is and how the answer is printed.
struct PlainOptions: OwnOptions {
    @OptionGroup var shared: SharedOptions
}
