package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.config.ConfigException;
import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The appliance's command line.
 *
 * <p>Exit status: 0 when all went well, 1 when something failed, 2 when the command line or an
 * input file cannot be used.
 */
@Command(
        name = "appliance",
        description = "A firewall behind an AWS Gateway Load Balancer (Geneve, RFC 8926).",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    static final int FAILED = 1;
    static final int UNUSABLE_INPUT = 2;

    private static final Map<String, Supplier<Object>> COMMANDS = commands();

    private Main() {}

    /**
     * Runs one command and exits with its status.
     *
     * @param args as on the command line
     */
    public static void main(String[] args) {
        System.exit(commandLine(args).execute(args));
    }

    /**
     * {@return what is to be given these arguments} Where they name a command, it knows that one
     * only: reading what all of them say of themselves takes longer than much of what they do.
     */
    static CommandLine commandLine(String... args) {
        CommandLine main = new CommandLine(new Main());
        Supplier<Object> named = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (named == null) {
            COMMANDS.forEach((name, command) -> main.addSubcommand(name, command.get()));
            main.addSubcommand(new CommandLine.HelpCommand());
        } else {
            main.addSubcommand(args[0], named.get());
        }
        return main.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(
                        (exception, arguments) -> {
                            CommandLine command = exception.getCommandLine();
                            String name = command.getCommandSpec().qualifiedName();
                            command.getErr().println(name + ": " + reason(exception));
                            command.getErr().println("See '" + name + " --help'.");
                            return UNUSABLE_INPUT;
                        })
                .setExecutionExceptionHandler(
                        (exception, commandLine, parsed) -> {
                            PrintWriter err = commandLine.getErr();
                            if (exception instanceof ConfigException
                                    || exception instanceof UnusableFileException) {
                                err.println(reason(exception)); // begins with the file's name
                                return UNUSABLE_INPUT;
                            }
                            err.println("appliance: " + reason(exception));
                            return FAILED;
                        });
    }

    /** In the order of the help. */
    private static Map<String, Supplier<Object>> commands() {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand::new);
        commands.put("run", RunCommand::new);
        commands.put("dump", DumpCommand::new);
        commands.put("conform", ConformCommand::new);
        commands.put("simulate", SimulateCommand::new);
        commands.put("policy", PolicyCommand::new);
        commands.put("train", TrainCommand::new);
        return commands;
    }

    /** What went wrong, for a person: the message, or the exception itself where it has none. */
    static String reason(Throwable exception) {
        if (exception instanceof NoSuchFileException e && e.getReason() == null) {
            return e.getFile() + ": no such file"; // its message is the name only
        }
        return exception.getMessage() == null ? exception.toString() : exception.getMessage();
    }

    /** The version that the build has put into the module. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            ModuleDescriptor module = Main.class.getModule().getDescriptor();
            String version = module == null ? "unknown" : module.rawVersion().orElse("unknown");
            return new String[] {"geneve4j appliance " + version};
        }
    }
}
